# What the SMB server in the kernel asks its daemon: its start, a guest who comes to a share, one for a share that is not there.
# kernel: sid
# modules: ksmbd cifs ccm cmac hmac ecb
# untraced
mkdir -p "$work/share" "$work/mount"
cat >"$work/ksmbd.conf" <<END
[global]
 workgroup = ORCHARD
 netbios name = PEAR
 interfaces = lo
[fruit]
 path = $work/share
 read only = no
END
run ksmbd.adduser -C "$work/ksmbd.conf" -P "$work/users" -a -p secret bob
background daemon ksmbd.mountd -n -C "$work/ksmbd.conf" -P "$work/users"
sleep 3
run mount -t cifs //127.0.0.1/fruit "$work/mount" -o ip=127.0.0.1,username=bob,password=secret,vers=3.1.1
run mount -t cifs //127.0.0.1/nothing "$work/mount" -o ip=127.0.0.1,username=bob,password=secret,vers=3.1.1
sleep 1
