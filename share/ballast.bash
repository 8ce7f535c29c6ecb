# Completion of ballast's command line in bash. The program itself says what fits (src/cli/complete.c).
_ballast() {
    local typed=${COMP_WORDS[COMP_CWORD]} line text
    [[ $typed != '=' ]] || typed=
    COMPREPLY=()
    while IFS= read -r line; do
        case $line in
        :folders)
            compopt -o filenames 2>/dev/null
            while IFS= read -r text; do COMPREPLY+=("$text"); done < <(compgen -d -- "$typed")
            ;;
        :files*)
            compopt -o filenames 2>/dev/null
            while IFS= read -r text; do COMPREPLY+=("$text"); done < <(
                if [[ $line = ':files' ]]; then compgen -f -- "$typed"
                else compgen -f -X "!*.${line#:files }" -- "$typed"; compgen -d -- "$typed"; fi)
            ;;
        *=)
            compopt -o nospace 2>/dev/null
            COMPREPLY+=("$line")
            ;;
        *)
            printf -v text %q "$line"
            COMPREPLY+=("$text")
            ;;
        esac
    done < <("${1/#\~/$HOME}" complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _ballast ballast
