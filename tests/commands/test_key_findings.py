"""What doctor says of key rings when nothing is wrong: as many processes as it lists."""

from onesoup.commands.key_findings import ring_findings
from onesoup.settings import Settings
from onesoup.store.processes import ProcessRecord, SeenProcess


def process(role: str, pid: int, unit: int, *keys: str, host: str = "here") -> SeenProcess:
    return SeenProcess(ProcessRecord(role, host, pid, unit, (), "1", keys, 0), 1.0)


def said(*running: SeenProcess) -> str:
    (found,) = ring_findings(Settings(), list(running))
    assert found.grade == "ok"
    return found.says


def test_the_workers_of_a_gateway_are_one_process_with_their_master():
    web = [process("web", pid, 10, "k1:aa") for pid in (10, 11, 12)]
    holders = [process("holder", 20, 20, "k1:aa"), process("holder", 20, 20, "k1:aa", host="there")]
    assert said(*web, *holders, process("cir", 30, 30)).endswith("; 3 running processes with a key ring know all keys in use")


def test_all_roles_in_one_process_are_one():
    roles = [process(role, 10, 10, "k1:aa") for role in ("web", "holder", "cir")]
    assert said(*roles).endswith("; 1 running process with a key ring knows all keys in use")
