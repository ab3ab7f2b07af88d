"""slidge's pretended network, in which whoever is written "picture" sends one. Run by slidge's own Python, with its source on the
path; it sends no files by itself."""

from slidge import entrypoint
from superduper.legacy_client import SuperDuperClient
from superduper.util import ASSETS_DIR

send_direct_message = SuperDuperClient.send_direct_msg


async def send_direct_or_picture(self, text, contact_id):
    if text == "picture":
        contact = await self.session.contacts.by_legacy_id(str(contact_id))
        await contact.send_file(ASSETS_DIR / "slidge-color-small.png")
    return await send_direct_message(self, text, contact_id)


SuperDuperClient.send_direct_msg = send_direct_or_picture
entrypoint("superduper")
