# For other scenarios. Many commands in one process, which so asks for the links only once.

# batch COMMAND <<LINES: the lines as commands of ip or tc, logged; a failure does not end it.
batch() {
    cat >"$work/batch"
    sed "s/^/$1> /" "$work/batch"
    run "$1" -force -batch - <"$work/batch"
}
