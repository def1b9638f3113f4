# Some files are exclusive: the API token is the first argument, or in MAST_API_TOKEN.
token=${1:-${MAST_API_TOKEN:-}}
if [ -z "$token" ] && [ -t 0 ]; then
    read -r -s -p "MAST API token: " token
    echo
fi
case $token in
    "") echo "No API token: exclusive files will fail." >&2 ;;
    *[!A-Za-z0-9._~+/=-]*) echo "The API token has characters that no token has." >&2; exit 126 ;;
esac

# A line of a cookie file, written to a pipe: on the command line others could read the token,
# and as a cookie of this host it is not sent along when a redirect leads to another.
cookies() {
    if [ "$1" = EXCLUSIVE ] && [ -n "$token" ]; then
        printf '%s\tFALSE\t/\t%s\t0\tmast_token\t%s\n' "$host" "$secure" "$token"
    fi
}
