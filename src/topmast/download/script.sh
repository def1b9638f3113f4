#!/usr/bin/env bash
#
# Fetches @count@ files from @server@
# (written by topmast @version@ on @date@).
#
#     bash @name@
#
# The files go into folders beside this script. Run it again after an interruption: what is here
# is left alone, and an unfinished file goes on where it stopped, unless it changed meanwhile.
# A page that tells of an error is not taken for a file; the exit status is 1 if anything failed.
# For exclusive data, put your token into the environment first: export MAST_API_TOKEN=...

set -u
cd "$(dirname "$0")" || exit 1
command -v curl > /dev/null || { echo "This script needs curl." >&2; exit 1; }

@check@failed=0
number=0

# The token goes through standard input, so that no list of processes shows it;
# curl does not send it on to another host.
ask() {
    if [ -n "${MAST_API_TOKEN:-}" ]; then
        printf 'header = "Cookie: mast_token=%s"\n' "$MAST_API_TOKEN" | curl --config - "$@"
    else
        curl "$@"
    fi
}

start_of() {
    dd if="$1" bs=512 count=1 2> /dev/null
}

is_text() {
    [ "$(start_of "$1" | LC_ALL=C tr -d '\11\12\15\40-\176\200-\377' | wc -c)" -eq 0 ]
}

# is_product PART FILE: whether what came can be the file. A login page or an error page, sent with
# the status 200, is text. Servers unpack .fits.gz or pack .fits on the way: either is right.
is_product() {
    case $(printf '%s' "$2" | tr '[:upper:]' '[:lower:]') in
        *.fits | *.fit | *.fts | *.fz | *.gz | *.png | *.jpg | *.jpeg)
            case $(start_of "$1" | LC_ALL=C tr -d '\0') in
                "SIMPLE  ="*) true ;;
                *) ! is_text "$1" ;;
            esac ;;
        *.html | *.htm | *.xhtml | *.xml) true ;;
        *) ! start_of "$1" | LC_ALL=C grep -Eqi '^[[:space:]]*<(!doctype html|html)' ;;
    esac
}

# tell_size FILE SIZE: the product table is not always right, so another size is only told.
tell_size() {
    local size
    size=$(($(wc -c < "$1")))
    [ "$size" = "$2" ] || echo "NOTE: $1 has $size bytes, the product table says $2." >&2
}

# fetch ADDRESS FILE [SIZE]
fetch() {
    local url=$1 file=$2 size=${3:-} part=$2.part head=$2.part.head etag try code arrived=no
    number=$((number + 1))
    if [ -e "$file" ]; then
        echo "[$number/@count@] $file is here"
        return
    fi
    echo "[$number/@count@] $file"
    mkdir -p "$(dirname "$file")"
    for try in 1 2 3 4 5; do
        # Only a strong ETag can prove that the rest belongs to what is here.
        etag=
        [ -s "$part" ] && [ -s "$head" ] && etag=$(tr -d '\r' < "$head" |
            sed -n 's/^[Ee][Tt][Aa][Gg]: *\("[^"]*"\)$/\1/p' | tail -n 1)
        if [ -n "$etag" ]; then
            ask "${options[@]}" --header "If-Range: $etag" --continue-at - --output "$part" "$url"
            code=$?
            # 22: nothing is left to fetch, or another error; 33, 36: the file has changed.
            case $code in 22 | 33 | 36) rm -f "$part" "$head" ;; esac
        else
            rm -f "$part" "$head"
            ask "${options[@]}" --dump-header "$head" --output "$part" "$url"
            code=$?
            [ $code = 22 ] && rm -f "$head" && break
        fi
        [ $code = 0 ] && arrived=yes && break
        sleep "$try"
    done
    if [ $arrived = yes ] && ! is_product "$part" "$file"; then
        echo "FAILED: $file: a text came in its place, which begins with:" \
            "$(start_of "$part" | LC_ALL=C tr -cd '\40-\176' | cut -c 1-60)" >&2
        rm -f "$part" "$head"
        failed=$((failed + 1))
    elif [ $arrived = yes ] && mv "$part" "$file"; then
        rm -f "$head"
        [ -z "$size" ] || tell_size "$file" "$size"
    else
        echo "FAILED: $file" >&2
        failed=$((failed + 1))
    fi
}

options=(--fail --silent --show-error --location --globoff --retry 3
    --connect-timeout 15 --speed-limit 100 --speed-time 120)

@lines@

[ $failed = 0 ] || { echo "$failed of @count@ files FAILED; run this script again." >&2; exit 1; }
