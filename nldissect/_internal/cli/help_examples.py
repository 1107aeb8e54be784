"""The examples below each command's options in `--help`, and what stands above all of them."""

from __future__ import annotations

DESCRIPTION = "Shows what Linux netlink messages in a capture say, down to the last attribute."
READ = """\
examples:
  nldissect read monitor.pcap                    one line per message
  nldissect read -V -x monitor.pcap.gz           all of each message, and its bytes
  nldissect read -V -c 1 --type newlink a.pcap   the first RTM_NEWLINK
  nldissect read --protocol route --pid 812 a.pcap  rtnetlink, of process 812
  nldissect read -Y 'linkinfo.kind == "vxlan" and mtu < 1500' a.pcap
  nldissect read -Y 'error == ENODEV or latency > 10ms' a.pcap
  nldissect read -T jsonl a.pcap | jq -r 'select(.error) | .summary'
  nldissect read -T fields -e time -e ifname -e IFLA_MTU --type newlink a.pcap
  nldissect read -w errors.pcapng --type error a.pcap
  nldissect read -T otlp a.pcap > spans.jsonl     for Jaeger, Grafana: docs/telemetry.md
  nldissect read --decode-as 0x1c=nl_util a.pcap  a family that the file does not name
  tcpdump -i nlmon0 -U -w - | nldissect read -   as it happens

The fields of -e are the top-level names of the JSON (record, time, operation,
sequence, error_name...) and attributes by dotted path, in spec names, C
constants or numbers: linkinfo.kind, IFLA_LINKINFO.IFLA_INFO_KIND, ifi-index.
With :label after it, a field's value is given in words."""
DECODE = """\
examples:
  nldissect decode 14000000 12000103 01000000 00000000 11000000
  nldissect decode '"\\24\\0\\0\\0\\22\\0\\1\\3\\1\\0\\0\\0\\0\\0\\0\\0\\21\\0\\0\\0"'
  xxd message.bin | nldissect decode             dumps, arrays, literals: as they are
  nldissect decode --protocol generic --family nl80211 @dump.txt
  nldissect decode --clipboard -T json
  dmesg | grep nl: | nldissect decode --list -x

Read are hex with or without spaces, colons, commas and 0x; what xxd, hexdump, od -tx1, tcpdump,
tshark -x, gdb and print_hex_dump() of a kernel print; arrays and string literals of C, Python, Rust
and Go; the escapes of strace; libnl's NLCB=debug. Of all ways to read it, it is the one that makes
messages of it. What is missing at the end is said."""
RUN = """\
examples:
  nldissect run -- ip link show lo               what ip and the kernel say to each other
  nldissect run -V --type newlink -- ip link add pear0 type dummy
  nldissect run --after -o shown -- make test    all commands of make, shown at the end
  nldissect run -w ip.pcapng -- ip route         kept for read, diff, Wireshark
  nldissect run -T otlp -o spans.jsonl -- ./program  beside its own spans, by TRACEPARENT
  nldissect run --strace -T jsonl -o log.jsonl -- ./program

It listens on nlmon where that can be had, else it traces system calls with strace
and says so. Shown are the sockets of the command and of all that it starts, with the
notifications that these received. docs/run.md tells what each of the two ways sees."""
MONITOR = """\
examples:
  nldissect monitor                              all notifications that you may hear
  nldissect monitor link neigh                   RTNLGRP_LINK and RTNLGRP_NEIGH
  nldissect monitor nlctrl ethtool:monitor       a family's groups, or one of them
  nldissect monitor netfilter:nftables route:27  other protocols, and numbers
  nldissect monitor --list                       the groups there are
  nldissect monitor -V --type newlink link
  nldissect monitor -w heard.pcapng

No nlmon and no privileges are needed; groups that may not be joined are named."""
LIVE = """\
examples:
  sudo nldissect live                              whatever is said, until Ctrl-C
  sudo nldissect live --protocol route -V          rtnetlink, all of each message
  sudo nldissect live --type newlink,dellink       filtered by the kernel
  sudo nldissect live -w all.pcapng                shown and kept; Wireshark reads it too
  sudo nldissect live -q -w all.pcapng -a duration:60
  sudo nldissect live -q -w ring.pcapng -b filesize:10000 -b files:5
  sudo nldissect live -q --metrics 9464            for Prometheus: docs/telemetry.md
  sudo nldissect live --netns blue                 in another network namespace
  sudo nldissect live -T jsonl | jq .summary

--protocol, --family, --type and --port filter in the kernel: what they leave out is
not written either. docs/live.md tells which privileges are needed, and why."""
TUI = """\
examples:
  nldissect tui capture.pcap                     list, tree and bytes; ? shows every key
  sudo nldissect tui nlmon0                      as it happens; kept if you say so at the end
  ssh HOST tcpdump -i nlmon0 -U -w - | nldissect tui -
  nldissect tui before.pcap after.pcap           ] and [ go from one to the other
  nldissect                                      captures here, recent ones, interfaces

Settings, keys and colours: ~/.config/nldissect/config.toml; docs/tui.md has them all."""
DIFF = """\
examples:
  nldissect diff good.pcap bad.pcap               what was asked and answered otherwise
  nldissect diff --objects before.pcap after.pcap  the links, routes... that changed
  nldissect diff --objects --counters a.pcap b.pcap
  nldissect diff -T json a.pcap b.pcap | jq '.differences[].title'

+ is only in B, - only in A, ~ in both but changed. The exit status is that of
diff(1): 0 the same, 1 different, 2 trouble."""
REDACT = """\
examples:
  nldissect redact capture.pcap public.pcapng     keys and passwords become zeros
  nldissect redact --mac --ip --names --processes --strict capture.pcap public.pcapng
  nldissect redact --ip --key @key.txt a.pcap out.pcapng    the same in every capture

Lengths and structure stay. What stands for a thing is the same all over the capture, with one --key
in all captures; addresses keep the prefixes that they share. Prefix-preserving means that who knows
some of the addresses can tell more: give away what is redacted so with that in mind."""
REPORT = """\
examples:
  nldissect report capture.pcap -o report.html   a page for any browser: list, trees, bytes
  nldissect report -Y 'error != 0' capture.pcap -o errors.html
  nldissect report -Y 'transaction == 2' capture.pcap -o report.md  for a bug tracker
  nldissect report -T markdown -c 20 capture.pcap | xclip
  nldissect report --title 'vxlan0 is refused' --copies a.pcap b.pcap -o both.html

The page needs no network and no server. Keys and passwords are left out of it, but addresses and
names are there: `nldissect redact` makes a capture without them. docs/report.md tells more."""
EXPORT = """\
examples:
  nldissect export capture.pcap -o tables        a folder of Parquet: messages, attributes, ...
  nldissect export --partition date,host --host web7 ring*.pcapng -o s3-mirror
  nldissect export -Y 'error < 0' a.pcap b.pcap -o errors.parquet
  nldissect export --table attributes capture.pcap -o attributes.arrow
  nldissect export capture.pcap -o capture.duckdb && duckdb capture.duckdb

Needs pip install 'nldissect[arrow]'. docs/fleets.md has the tables and queries on them."""
STATS = """\
examples:
  nldissect stats capture.pcap                   counts, errors, latencies, rates
  nldissect stats --top 3 monday.pcap tuesday.pcap
  nldissect stats --svg rates.svg capture.pcap   the plot as an image as well
  nldissect stats --prometheus capture.pcap      counters and latencies for Prometheus
  nldissect stats -T json a.pcap | jq '.latencies[] | {operation, p99}'"""
FLOW = """\
examples:
  nldissect flow capture.pcap                    who asked what, and what came back
  nldissect flow -Y 'error != 0 or type == newlink' a.pcap
  nldissect flow -o flow.svg a.pcap              as an image
  nldissect flow -T mermaid a.pcap               for a wiki, a merge request, a bug report
  nldissect flow --sockets --limit 0 -o all.svg a.pcap

Processes have lanes at the left, the kernel's families at the right: one lane where there is no
room for each. A dotted arrow is a notification; at an arrow's head ✗ is a refusal, ✓ an
acknowledgement and ? a request that was never answered."""
STATE = """\
examples:
  nldissect state capture.pcap                   what there is at its end
  nldissect state --at 120 capture.pcap          after message 120
  nldissect state --at 2.5s -T json capture.pcap | jq '.routes[] | select(.dst == "default")'
  nldissect state --watch capture.pcap           every change, and whose request it was"""
CHECK = """\
examples:
  nldissect check monitor.pcap                   all of it; status 1 if there is an error
  nldissect check --fail-on warning a.pcap       status 1 from warnings on
  nldissect check --no-code nest-flag-missing,trailing-zeros a.pcap
  nldissect check --code request-unanswered a.pcap b.pcap.gz
  nldissect check -T json a.pcap | jq -r '.[] | select(.severity == "error") | .text'
  nldissect check -T sarif a.pcap > a.sarif      for what shows results of checks

A line says file:record, severity, code, the offset from the start of the
message's nlmsghdr and, if it is one, the attribute. docs/diagnostics.md has
every code."""
FIELDS = """\
examples:
  nldissect fields mtu                           names and constants with mtu in them
  nldissect fields 'IFLA_*' --dissector rt-link
  nldissect fields --dissector nl80211 freq
  nldissect fields | grep -w u16                 what is a number of 16 bits

They are for -Y and -e, with `_` for `-` where you like, and for `message[...]`
of the library; a path says what lies in what: linkinfo.kind (docs/filter.md)."""
DISSECTORS = """\
examples:
  nldissect dissectors
  nldissect dissectors show rt-link              its messages and what lies in them
  nldissect dissectors --specs ~/linux/Documentation/netlink/specs
  nldissect dissectors check my-family.yaml
  nldissect dissectors learn capture.pcap my-family > my-family.yaml
  nldissect dissectors learn --source module.c module.h > my-family.yaml
  nldissect dissectors export --lua wireguard -o lua/     for Wireshark"""
EXTCAP = """\
examples:
  nldissect extcap --install                     Wireshark lists netlink (nldissect) then
  tshark -i nldissect -c 10
  nldissect extcap --uninstall"""
COMPLETION = """\
examples:
  nldissect completion --install                 for the shell that you are in
  nldissect completion zsh --install
  nldissect completion fish > somewhere/nldissect.fish"""
ALL = """\
examples:
  nldissect read capture.pcap            what happened, a line per message
  nldissect read -V capture.pcap         everything in it
  nldissect live                         what is said right now (needs root)
  nldissect run -- ip link show          what one command and the kernel say
  nldissect monitor                      the kernel's notifications
  nldissect tui capture.pcap             list, tree and bytes, in the terminal
  nldissect report capture.pcap -o a.html  a page that others can read
  nldissect check capture.pcap           what is wrong with it
  nldissect dissectors                   the protocols it knows
  nldissect fields mtu                   names for filters and columns
  nldissect COMMAND --help               a command's options, with examples

To record: nldissect live -w capture.pcapng"""
