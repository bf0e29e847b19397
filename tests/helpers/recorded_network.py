"""Runs a command in a network namespace with the loopback address alone, and records what it asks for.

As a program, inside the namespace: `recorded_network.py FOLDER COMMAND...`. A resolver on 127.0.0.1 writes down each
name that is looked up, and answers that there is none; strace writes down each address, and each file made.
"""

from __future__ import annotations

import fcntl
import ipaddress
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

_CALLS = "connect,bind,sendto,sendmsg,openat,open,creat,mkdir,mkdirat,rename,renameat,renameat2,link,linkat,symlink"
_INET = re.compile(r'AF_INET6?, .*?(?:inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)")')
_MADE = re.compile(r'(?:openat\(\w+, |open\(|creat\(|mkdir\(|mkdirat\(\w+, )"([^"]+)"(.*)')


@dataclass(frozen=True)
class Recorded:
    """What a command did.

    Attributes:
        names: that it looked up.
        addresses: that it connected, sent or bound to.
        made: paths of files and folders that it made or opened for writing, absolute ones.
    """

    code: int
    output: str
    names: tuple[str, ...]
    addresses: frozenset[str]
    made: frozenset[str]

    def outside(self) -> list[str]:
        """The addresses that are not this machine's own; `0.0.0.0` and `::` listen on all."""
        return sorted(a for a in self.addresses if not _plain(a).is_loopback)


def can_record() -> bool:
    """Whether this machine has strace, and lets us make a namespace."""
    return shutil.which("strace") is not None and bool(_entering())


def need_namespaces() -> None:
    """Skips where this machine lets nobody make a namespace, or has no strace."""
    if shutil.which("strace") is None:
        pytest.skip("strace is missing: apt-get install strace")
    if not _entering():
        pytest.skip("no network namespace can be made and traced here")


def recorded(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Recorded:
    """Runs a command in `folder`; what is recorded goes to the folder's sibling `FOLDER-record`."""
    record = folder.with_name(f"{folder.name}-record")
    record.mkdir()
    whole = [*_entering(), sys.executable, __file__, str(record), *command]
    done = subprocess.run(whole, cwd=folder, env=dict(environment), capture_output=True, text=True, check=False)
    assert (record / "names").exists(), done.stderr
    calls = (record / "calls").read_text(errors="replace")
    return Recorded(
        done.returncode,
        done.stdout + done.stderr,
        tuple((record / "names").read_text().split()),
        frozenset(a or b for a, b in _INET.findall(calls)),
        frozenset(_made(calls)),
    )


def _made(calls: str) -> list[str]:
    found = [_MADE.search(line) for line in calls.splitlines() if "= -1 " not in line]
    writing = ("O_CREAT", "O_WRONLY", "O_RDWR")
    return [m[1] for m in found if m and ("mkdir" in m[0] or "creat(" in m[0] or any(w in m[2] for w in writing))]


def _plain(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    found = ipaddress.ip_address(address)
    return getattr(found, "ipv4_mapped", None) or found


@cache
def _entering() -> tuple[str, ...]:
    """The command that enters a namespace of its own, as root or as a user; empty where neither is allowed."""
    if shutil.which("unshare") is None:
        return ()
    for ways in (("unshare", "--net", "--mount"), ("unshare", "--map-root-user", "--net", "--mount")):
        if (
            subprocess.run([*ways, "strace", "-qqo", os.devnull, "true"], capture_output=True, check=False).returncode
            == 0
        ):
            return ways
    return ()


def _resolve(server: socket.socket, names: Path) -> None:
    """Writes down what is asked (RFC 1035, section 4.1), and answers NXDOMAIN."""
    while True:
        query, sender = server.recvfrom(4096)
        parts, position = [], 12
        while query[position]:
            parts.append(query[position + 1 : position + 1 + query[position]].decode(errors="replace"))
            position += 1 + query[position]
        with names.open("a") as file:
            file.write(".".join(parts) + "\n")
        server.sendto(query[:2] + b"\x81\x83" + query[4:6] + bytes(6) + query[12:], sender)


def _raise_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        up_and_running = struct.pack("16sh14x", b"lo", 0x41)
        fcntl.ioctl(control, 0x8914, up_and_running)  # SIOCSIFFLAGS


def _inside(record: Path, command: Sequence[str]) -> int:
    _raise_loopback()
    (record / "resolv.conf").write_text("nameserver 127.0.0.1\n")
    subprocess.run(["mount", "--bind", str(record / "resolv.conf"), "/etc/resolv.conf"], check=True)
    (record / "names").touch()
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))
    threading.Thread(target=_resolve, args=(server, record / "names"), daemon=True).start()
    tracing = ["strace", "-f", "--seccomp-bpf", "-qq", "-o", str(record / "calls"), "-e", f"trace={_CALLS}"]
    return subprocess.run([*tracing, *command], check=False, env=os.environ).returncode


if __name__ == "__main__":
    sys.exit(_inside(Path(sys.argv[1]), sys.argv[2:]))
