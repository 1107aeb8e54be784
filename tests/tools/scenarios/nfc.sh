# Near field communication: two simulated devices.
# kernel: sid
# modules: nfcsim
# untraced
run python3 tests/tools/scenarios/nfc.py
