"""Many phones with idle lines, in one process that does nothing else. Not patched: it waits in epoll.

Arguments: port, then a file of SessionIDs. It says "ready" when all have been answered, and then for each line "go N" of its
standard input the seconds until N wakes have come."""

import selectors
import socket
import sys
import time


def main() -> None:
    port, names = int(sys.argv[1]), open(sys.argv[2], encoding="ascii").read().split()  # noqa: SIM115
    selector = selectors.DefaultSelector()
    phones = []
    for name in names:
        sock = socket.create_connection(("127.0.0.1", port), timeout=30)
        sock.sendall(f"HELO {name}\r\n".encode())
        if sock.recv(100) != b"OK\r\n":
            sys.exit("no OK")
        sock.setblocking(False)
        selector.register(sock, selectors.EVENT_READ)
        phones.append(sock)
    print("ready", flush=True)
    for word in sys.stdin:
        wanted, began = int(word.split()[1]), time.perf_counter()
        print("going", flush=True)
        while wanted > 0:
            for key, _ in selector.select(30):
                wanted -= key.fileobj.recv(4096).count(b"WVCI")  # type: ignore[union-attr]
        print(f"{time.perf_counter() - began:.6f}", flush=True)


if __name__ == "__main__":
    main()
