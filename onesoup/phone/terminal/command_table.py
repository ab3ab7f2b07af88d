"""The table of slash commands, and the page of /help that is made from it."""

from onesoup.phone.terminal.commands import TerminalCommand
from onesoup.phone.terminal.commands import TerminalCommands as _C

COMMANDS: dict[str, tuple[TerminalCommand, ...]] = {
    "Talk": (
        TerminalCommand("/chat NAME", "choose to whom text without a name goes", _C._chat),
        TerminalCommand("/w NAME text", "one message, without choosing the name", _C._whisper),
        TerminalCommand("/say text", "to the chosen name, whatever the text looks like", _C._say_as_it_is),
        TerminalCommand("/reports on|off", "whether you are told that a message has arrived", _C._set_reports),
    ),
    "Friends": (
        TerminalCommand("/list", "your friends and how they are", _C.show_lists),
        TerminalCommand("/who", "who is online", _C._show_online),
        TerminalCommand("/add ADDRESS [NAME]", "a new friend, who is asked", _C._add),
        TerminalCommand("/remove NAME", "off your list", _C._remove),
        TerminalCommand("/requests", "what others have asked you, with numbers", _C._show_questions),
        TerminalCommand("/allow [WHO]", "they may see when you are online; WHO: name or number", _C._allow),
        TerminalCommand("/deny [WHO]", "they may not", _C._deny),
        TerminalCommand("/find NAME", "people by name, address, number or mail", _C._find),
    ),
    "Groups": (
        TerminalCommand("/groups", "the groups that you are in", _C._show_groups),
        TerminalCommand("/join GROUP [AS]", "go in, by a name of your choice", _C._join),
        TerminalCommand("/create GROUP [TITLE]", "make one", _C._create),
        TerminalCommand("/leave [GROUP]", "go out", _C._leave_group),
        TerminalCommand("/invite NAME [GROUP]", "ask somebody in", _C._invite),
        TerminalCommand("/accept [WHO]", "follow an invitation", _C._accept),
        TerminalCommand("/decline [WHO] [WHY]", "do not", _C._decline),
    ),
    "You": (
        TerminalCommand("/available [TEXT]", "others see that you are there", _C._available),
        TerminalCommand("/away [TEXT]", "... that you are away", _C._away),
        TerminalCommand("/dnd [TEXT]", "... that you do not want to be disturbed", _C._dnd),
        TerminalCommand("/profile [NAME]", "what somebody, or you, say about themselves", _C._profile, "1.3", "profiles"),
        TerminalCommand("/profile WORD = TEXT", "change yours: city = Oslo", _C._profile, "1.3", "profiles"),
    ),
    "This phone": (
        TerminalCommand("/raw on|off", "show what goes over the line, as XML", _C._set_raw),
        TerminalCommand("/help", "this page", _C._help),
        TerminalCommand("/quit", "log out and leave; so do Ctrl-C and Ctrl-D", _C._quit),
    ),
}
COMMANDS_BY_NAME = {command.name: command for group in COMMANDS.values() for command in group}

_TALK = """\
  NAME: text              write to a friend or a group, and choose the name
  text                    write to the chosen name
"""


def help_text() -> str:
    """All commands by group, in 80 columns."""
    blocks = []
    for title, commands in COMMANDS.items():
        lines = "\n".join(f"  {each.usage:22}  {each.help}" for each in commands)
        blocks.append(f"{title}\n{_TALK if title == 'Talk' else ''}{lines}")
    return "\n".join(blocks)
