#!/usr/bin/env bash
# Makes a repository of this tree as it is now, with what is not committed yet
# and without what git ignores, and clones it: what a newcomer has.
#
#   clone.sh FOLDER   makes FOLDER/repository and FOLDER/clone
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
folder=$1
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
unset GIT_DIR GIT_WORK_TREE

into() {
  git -c core.autocrlf=false --git-dir="$folder/repository" \
    --work-tree="$top" "$@"
}

git init --quiet --bare --initial-branch=main "$folder/repository"
(cd "$top" && into add --all && into -c user.name=test \
  -c user.email=test@localhost commit --quiet --message=tree)
git clone --quiet "$folder/repository" "$folder/clone"
