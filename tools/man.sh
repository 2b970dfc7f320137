#!/bin/sh
# SPDX-License-Identifier: MIT
# man.sh PROGRAM NAME [complete]: a man page for NAME out of what PROGRAM --help says, or a bash
# completion out of the options it names. So neither can fall out of step with the program.
set -eu
program=$1
name=$2
words=$("$program" --help | grep -oE -- '--[a-z][a-z-]*' | sort -u | tr '\n' ' ')

if [ "${3:-man}" = complete ]; then
    cat <<END
# bash completion of $name, made from its --help
_$(echo "$name" | tr - _)() {
    case \${COMP_WORDS[COMP_CWORD]} in
    -*) mapfile -t COMPREPLY < <(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}") ;;
    *) mapfile -t COMPREPLY < <(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}") ;;
    esac
}
complete -o filenames -F _$(echo "$name" | tr - _) $name
END
    exit 0
fi

version=$("$program" --version | sed 's/.* //')
cat <<END
.TH $(echo "$name" | tr 'a-z-' 'A-Z\-') 1 "" "vtd-replay $version" "vtd-replay"
.SH NAME
$name \- part of vtd-replay, which replays what a guest did to its virtual Intel IOMMU
.SH DESCRIPTION
.nf
END
"$program" --help | sed -e 's/\\/\\e/g' -e 's/^\([.'"'"']\)/\\\&\1/' -e 's/-/\\-/g' \
    -e "s/^\(Usage:\|      \) ${program##*/} /\1 $name /"
cat <<'END'
.fi
.SH SEE ALSO
README.md, docs/trace-format.md and docs/architecture.md of the project.
END
