"""Ring 3: files go to a real Prosody, and pictures come back from whatever the web is."""

import io
from collections.abc import Callable, Iterator

import gevent
import pytest
from PIL import Image

from onesoup.csp.session import Capabilities
from onesoup.demo.servers import UPLOAD_LIMIT_BYTES, Prosody
from onesoup.images import fit
from onesoup.xmpp.stream import StreamFailure, Tls
from tests.xmpp.stream.conftest import options_for, prosody_at
from tests.xmpp.stream.harness import Client
from workers.holder.http_client import HttpClient
from workers.holder.picture_transfer import NotSent, PictureTransfer

TAKES = Capabilities(types=("image/jpeg", "image/vnd.wap.wbmp"), any_content=False, rich=6000)


@pytest.fixture(scope="module")
def prosody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prosody]:
    with prosody_at(tmp_path_factory.mktemp("prosody")) as server:
        yield server


@pytest.fixture
def online(prosody: Prosody) -> Iterator[Callable[..., Client]]:
    made: list[Client] = []

    def make(domain: str = "localhost") -> Client:
        made.append(Client("alice", options=options_for(prosody), domain=domain).connect())
        return made[-1]

    yield make
    for each in made:
        each.stream.close(polite=False)


@pytest.fixture
def pictures(prosody: Prosody) -> PictureTransfer:
    return PictureTransfer(HttpClient(Tls(), [prosody.web]), True, 1_000_000)


def noise(form: str = "JPEG", size: tuple[int, int] = (400, 300)) -> bytes:
    out = io.BytesIO()
    Image.effect_noise(size, 90).convert("RGB").save(out, form)
    return out.getvalue()


def refused(pictures: PictureTransfer, client: Client, data: bytes = b"x" * 100, domain: str = "localhost") -> NotSent:
    with pytest.raises(NotSent) as failure:
        pictures.upload(client.stream, domain, "image/jpeg", "view.jpg", data)
    return failure.value


def test_a_file_can_be_had_where_the_server_says(pictures, online, prosody) -> None:
    client = online()
    url = pictures.upload(client.stream, "localhost", "image/jpeg", "view.jpg", data := noise())
    assert url.startswith(f"http://{prosody.web}/")
    assert HttpClient(Tls(), [prosody.web]).get(url, 1_000_000, 60.0) == data
    assert pictures.service(client.stream, "localhost").limit == UPLOAD_LIMIT_BYTES


def test_what_only_old_phones_show_becomes_what_everybody_shows(pictures, online, prosody) -> None:
    _, wbmp = fit.fit(noise(), [fit.WBMP], 10_000)
    url = pictures.upload(online().stream, "localhost", fit.WBMP, "view.wbmp", wbmp)
    assert url.endswith("/view.png")
    assert fit.kind(HttpClient(Tls(), [prosody.web]).get(url, 100_000, 60.0)) == fit.PNG


def test_a_server_without_uploads_says_so_and_is_not_asked_again(pictures, online) -> None:
    client = online("scram.localhost")
    failure = refused(pictures, client, domain="scram.localhost")
    assert (failure.code, failure.again) == (415, False)
    client.stream.close(polite=False)
    assert refused(pictures, client, domain="scram.localhost").code == 415


def test_a_file_that_is_too_large_is_not_even_asked_about(pictures, online) -> None:
    assert refused(pictures, online(), bytes(UPLOAD_LIMIT_BYTES + 1)).code == 410


def test_a_server_that_asks_us_to_upload_at_home_is_refused(online) -> None:
    """Its own address, which nobody listed."""
    failure = refused(PictureTransfer(HttpClient(Tls()), True, 1), online())
    assert (failure.code, failure.again) == (410, False)


def test_without_a_stream_the_file_waits(pictures, online) -> None:
    client = online()
    pictures.service(client.stream, "localhost")
    client.stream.close(polite=False)
    with pytest.raises(StreamFailure):
        pictures.upload(client.stream, "localhost", "image/jpeg", "view.jpg", b"x")


# --- in ---


@pytest.fixture
def reader(web: HttpClient) -> PictureTransfer:
    return PictureTransfer(web, True, 200_000)


def test_a_picture_is_fitted_to_what_the_phone_takes(reader, hostile) -> None:
    hostile.gives(noise("PNG", (250, 200)))
    kind, data = reader.fetch(hostile.url, TAKES, 60.0)
    assert kind == "image/jpeg"
    assert len(data) <= 6000


@pytest.mark.parametrize(
    "body",
    [
        b"<html>not a picture</html>",
        b"",
        noise()[:3000],  # truncated
        noise("PNG")[:200] + bytes(5000),
        b"GIF89a" + b"\xff" * 500,
        bytes(250_000),  # more than is taken
        # A header that claims 60,000 by 60,000 pixels
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\xea\x60\0\0\xea\x60\x08\x02\0\0\0" + bytes(100),
    ],
)
def test_whatever_else_is_there_is_no_picture(reader, hostile, body) -> None:
    hostile.gives(body, "Content-Type: image/png")
    assert reader.fetch(hostile.url, TAKES, 60.0) is None


def test_a_slow_server_costs_its_time_and_not_a_moment_more(reader, hostile, forever) -> None:
    hostile.answer = forever(b"HTTP/1.1 200 OK\r\n\r\n", b"x", 0.05)
    with gevent.Timeout(60):
        assert reader.fetch(hostile.url, TAKES, 0.5) is None
    assert reader.fetch(hostile.url, TAKES, 0.0) is None


def test_many_slow_ones_leave_the_rest_as_links_in_time(reader, hostile, forever) -> None:
    """Whoever gets no turn in time is given up; nobody waits for ever."""
    hostile.answer = forever(b"HTTP/1.1 200 OK\r\n\r\n", b"x", 0.05)
    with gevent.Timeout(60):
        jobs = [gevent.spawn(reader.fetch, hostile.url, TAKES, 0.5) for _ in range(30)]
        gevent.joinall(jobs, raise_error=True)
    assert [job.value for job in jobs] == [None] * 30
    assert len(hostile.requests) < 30
    hostile.gives(noise("PNG", (60, 40)))
    assert reader.fetch(hostile.url, TAKES, 60.0) is not None
