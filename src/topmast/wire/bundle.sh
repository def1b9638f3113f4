#!/usr/bin/env bash
# Fetches @COUNT@ files. Run it again to go on after an interruption.
set -u
umask 022

if ! command -v curl >/dev/null 2>&1; then
    echo "This script needs the program curl." >&2
    exit 127
fi

folder=./@FOLDER@
manifest=$folder/MANIFEST.HTML
failed=0

@COOKIES@
# get <access> <URL> <part> [options of curl]
get() {
    local access=$1 url=$2 part=$3
    shift 3
    curl --globoff --location --proto '=http,https' --proto-redir '=http,https' --fail \
        --progress-bar --retry 3 --connect-timeout 30 --cookie <(cookies "$access") \
        --dump-header "$part.head" --output "$part" "$@" --url "$url"
}

# download <access> <URL> <part>: goes on with a part only if it is of the same version (ETag).
download() {
    local etag= code
    if [ -s "$3" ] && [ -e "$3.head" ]; then
        etag=$(sed -n 's|^[Ee][Tt][Aa][Gg]: *\("[A-Za-z0-9._:+/=-]*"\).*|\1|p' "$3.head" |
            tail -n 1)
    fi
    if [ -n "$etag" ]; then
        get "$1" "$2" "$3" --continue-at - --header "If-Range: $etag"
        code=$?
        [ "$code" -eq 33 ] || return "$code" # 33: the server sends the whole file instead
    fi
    rm -f -- "$3"
    get "$1" "$2" "$3" || return
    [ -e "$3" ] || : > "$3"
}

# fetch <access> <URL> <path in the folder> <URI> <start of its line in the manifest>
fetch() {
    local target=$folder/$3 status=FAILED
    printf '<<< Downloading File: %s\n    To: %s\n' "$4" "$target"
    if [ -e "$target" ]; then
        echo "    is there already"
        status=OK
    elif mkdir -p -- "${target%/*}" && download "$1" "$2" "$target.part" &&
        mv -f -- "$target.part" "$target"; then
        rm -f -- "$target.part.head"
        status=OK
    else
        failed=$((failed + 1))
        printf '    FAILED: %s\n' "$4" >&2
    fi
    printf '%s<td>%s</td></tr>\n' "$5" "$status" >> "$manifest"
}

mkdir -p -- "$folder" || exit 126
{
    printf '<!DOCTYPE html>\n<meta charset="utf-8">\n<title>Manifest</title>\n<table>\n'
    printf '<tr><th>URI</th><th>File</th><th>Access</th><th>Status</th></tr>\n'
} > "$manifest"

@FETCHES@

printf '</table>\n' >> "$manifest"
if [ "$failed" -gt 0 ]; then
    echo "$failed files failed; run this script again to try them once more." >&2
fi
exit $((failed > 125 ? 125 : failed))
