#!/bin/sh
# 销号的离线安装：sh install.sh [安装到的文件夹]，默认 /opt/xiaohao。全程不使用网络。
# 每个版本装在 versions/ 里一个自己的文件夹，装好并试过之后 current 才指向它；再运行一次不会重复安装。
set -eu
# 装好的程序归运行本脚本的人（用 sudo 时是 root），人人可读、可运行，别人改不了；服务的用户只是运行它
umask 022

here=$(cd "$(dirname "$0")" && pwd)
target=${1:-/opt/xiaohao}
wanted=$(cat "$here/python")

say() { printf '%s\n' "$*" >&2; }
stop() { say "$*"; exit 1; }

command -v sha256sum >/dev/null 2>&1 || stop "缺少 sha256sum，不能核对安装包。没有安装任何内容。"
(cd "$here" && sha256sum --check --quiet --strict SHA256SUMS) >&2 \
    || stop "安装包不完整，或者被改动过（见上）。没有安装任何内容，请重新拷贝。"

python=${PYTHON:-}
if [ -z "$python" ]; then
    for name in "python$wanted" python3; do
        if command -v "$name" >/dev/null 2>&1 \
            && [ "$("$name" -c 'import sys; print("%d.%d" % sys.version_info[:2])')" = "$wanted" ]; then
            python=$name
            break
        fi
    done
fi
[ -n "$python" ] || stop "这个安装包要 Python $wanted，本机没有找到（可用 PYTHON=路径 指定）。没有安装任何内容。"
found=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])') \
    || stop "$python 不能运行。没有安装任何内容。"
[ "$found" = "$wanted" ] || stop "这个安装包要 Python $wanted，$python 是 $found。没有安装任何内容。"

mkdir -p "$target/versions" || stop "不能在 $target 里写入。没有安装任何内容。"
target=$(cd "$target" && pwd)
version=$(sed -n 's/^xiaohao==\([^ ]*\).*/\1/p' "$here/requirements.txt")
place=$target/versions/$version-$(sha256sum "$here/SHA256SUMS" | cut -c 1-8)

if [ ! -e "$place/.installed" ]; then
    rm -rf "$place"
    say "正在安装到 $place ……"
    "$python" -m venv "$place" >&2 \
        || { rm -rf "$place"; stop "$python -m venv 不能建立环境：请先安装 venv 和 pip（Debian、Ubuntu 上是软件包 python3-venv）。没有安装任何内容。"; }
    # -I：不看环境变量和用户的 pip 设置；每个安装包都按校验值核对
    env -u PYTHONPATH "$place/bin/python" -I -m pip --isolated --disable-pip-version-check --no-cache-dir --no-input install \
        --quiet --no-index -f "$here/wheels" --no-deps --require-hashes -r "$here/requirements.txt" >&2 \
        || { rm -rf "$place"; stop "安装包和本机不合（见上；说明.txt 里写着适用的平台）。没有安装任何内容。"; }
    "$place/bin/python" -I -m pip --isolated --disable-pip-version-check check >&2 \
        || { rm -rf "$place"; stop "安装包之间不合（见上）。没有安装任何内容。"; }
    "$place/bin/xiaohao" --version >&2 || { rm -rf "$place"; stop "装好之后不能运行（见上），已经撤回。"; }
    : >"$place/.installed"
else
    say "$place 已经装好，不再重复。"
fi

before=$(readlink "$target/current" 2>/dev/null || true)
ln -sfn "versions/$(basename "$place")" "$target/current.new"
mv -fT "$target/current.new" "$target/current"
say "安装完成，命令是 $target/current/bin/xiaohao"
if [ -n "$before" ] && [ "$before" != "versions/$(basename "$place")" ]; then
    say "原来的版本还在 $target/$before。下一步：先备份，再运行 xiaohao db upgrade，然后重新启动服务。"
else
    say "下一步见 $here/docs/guide/index.zh.md（先建用户和数据文件夹，再导入单位、人员和台账）。"
fi
