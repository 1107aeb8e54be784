"""CPU time of `nldissect read -Y` against `tshark -Y`, on 100,000 records.

    python tests/benchmarks/bench_filter.py [RECORDS]

The file is that of bench_read.py. Both programs print what matches to /dev/null, in turn,
three times each; the least CPU time counts. Targets are of issue 5, before the core is
compiled: header terms at least at tshark's rate, a term on one nested attribute at least at
half of it; the exit status is 1 when one is missed. tshark filters packets and nldissect
messages, so that the terms are chosen of which both find about as many. tshark
knows no attribute in a nest; its term is on a top-level attribute of the same messages.
The bytecode is cached, as that of an installed program is.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from bench_read import PYTHON, build, measure

# what, nldissect's filter, tshark's, the most of its time
TERMS = (
    ("header: type", "type == RTM_NEWRULE", "netlink.hdr_type == 32", 1.0),
    ("header: type", "type == RTM_DELLINK", "netlink.hdr_type == 17", 1.0),
    ("header: two", "type == RTM_NEWADDR and flags & 0x400",
     "netlink.hdr_type == 20 && netlink.hdr_flags & 0x400", 1.0),
    ("nested", 'linkinfo.kind == "vxlan"', 'netlink-route.ifla_ifname == "vx0"', 2.0),
    ("nested", "linkinfo.data.id == 7", "netlink-route.ifla_mtu == 1400", 2.0),
)  # fmt: skip


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    tshark = shutil.which("tshark")
    missed = False
    with tempfile.TemporaryDirectory() as folder:
        big = Path(folder, "big.pcap")
        build(big, count)
        compiled = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(Path(folder, "pyc"))}
        filled = [*PYTHON, "read", "-Y", "ifname", "-c", "1", str(big)]
        measure(filled, **compiled)  # the caches
        print(f"{'':<14} {'tshark':>8} {'nldissect':>10} {'ratio':>6} {'limit':>6}")
        for name, ours, theirs, limit in TERMS:
            cpu, _ = measure([*PYTHON, "read", "-Y", ours, str(big)], **compiled)
            if tshark is None:
                print(f"{name:<14} {'absent':>8} {cpu:9.2f}s  {ours}")
                continue
            other, _ = measure([tshark, "-n", "-r", str(big), "-Y", theirs])
            ratio = cpu / other
            missed |= ratio > limit
            print(f"{name:<14} {other:7.2f}s {cpu:9.2f}s {ratio:6.2f} {limit:6.2f}"
                  f" {'ok' if ratio <= limit else 'MISSED':<7} {ours}")  # fmt: skip
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
