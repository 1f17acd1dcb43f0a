"""click's own words in Chinese.

click passes every word that it shows through gettext, whose catalogue is chosen by the
environment of whoever runs it. Ours are Chinese everywhere, so the words are put in directly.
`tests/cli/test_chinese.py` looks for every one of them in click's sources.
"""

from typing import Any

import click.core
import click.decorators
import click.exceptions
import click.formatting
import click.parser
import click.types

WORDS = {
    # help pages
    "Usage:": "用法：",
    "Options": "选项",
    "Commands": "命令",
    "Positional arguments": "参数",
    "required": "必填",
    "default: {default}": "默认：{default}",
    "env var: {var}": "环境变量：{var}",
    "(dynamic)": "（运行时确定）",
    "deprecated": "已停用",
    "Show this message and exit.": "显示本说明。",
    "Show the version and exit.": "显示版本。",
    "%(prog)s, version %(version)s": "%(prog)s %(version)s",
    "DeprecationWarning: The command {name!r} is deprecated.{extra_message}": "命令“{name}”已停用。{extra_message}",
    "DeprecationWarning: The {param_type} {name!r} is deprecated.{extra_message}": "“{name}”已停用。{extra_message}",
    "Do you want to continue?": "继续吗？",
    "Confirm the action without prompting.": "不再询问，直接执行。",
    # wrong usage
    "Aborted!": "已中断。",
    "Error: {message}": "{message}",
    "Try '{command} {option}' for help.": "运行 {command} {option} 查看说明。",
    "Missing command.": "请写明要运行的命令。",
    "Missing argument": "缺少参数",
    "Missing option": "缺少选项",
    "Missing parameter": "缺少参数",
    "Missing {param_type}": "缺少{param_type}",
    "Missing parameter: {param_name}": "缺少参数：{param_name}",
    "No such command {name!r}.": "没有“{name}”这个命令。",
    "No such option {name!r}.": "没有“{name}”这个选项。",
    "Did you mean {possibility}?": "您是不是想用 {possibility}？",
    "(Did you mean one of: {possibilities}?)": "您是不是想用其中之一：{possibilities}？",
    "Got unexpected extra argument ({args})": "多了一个参数：{args}。",
    "Got unexpected extra arguments ({args})": "多了几个参数：{args}。",
    "Invalid value: {message}": "{message}",
    "Invalid value for {param_hint}: {message}": "{param_hint}的值不对：{message}",
    "Option {name!r} requires an argument.": "选项“{name}”后面要写内容。",
    "Option {name!r} requires {nargs} arguments.": "选项“{name}”后面要写 {nargs} 项内容。",
    "Option {name!r} does not take a value.": "选项“{name}”后面不写内容。",
    "Argument {name!r} takes {nargs} values.": "参数“{name}”要写 {nargs} 项。",
    "Takes {nargs} values but 1 was given.": "要写 {nargs} 项，只写了 1 项。",
    "Takes {nargs} values but {len} were given.": "要写 {nargs} 项，写了 {len} 项。",
    "Value must be an iterable.": "要写几项内容。",
    "unknown error": "原因不明",
    "Could not open file {filename!r}: {message}": "打不开文件“{filename}”：{message}",
    # kinds of values
    "file": "文件",
    "directory": "文件夹",
    "path": "路径",
    "Choice({choices})": "{choices} 之一",
    "Choose from:\n\t{choices}": "可用的有：{choices}",
    "{value!r} is not {choice}.": "“{value}”不是 {choice}。",
    "{value!r} is not one of {choices}.": "“{value}”不在可用的 {choices} 之中。",
    "{value!r} does not match the format {format}.": "“{value}”的写法应为 {format}。",
    "{value!r} does not match the formats {formats}.": "“{value}”的写法应为 {formats} 之一。",
    "{value} is not in the range {range}.": "{value} 不在范围 {range} 之内。",
    "{value!r} is not a valid boolean. Recognized values: {states}": "“{value}”不是“是”或“否”，可写 {states}。",
    "{value!r} is not a valid {number_type}.": "“{value}”不是数字。",
    "{value!r} is not a valid UUID.": "“{value}”不是 UUID。",
    "{len_type} values are required, but {len_value} was given.": "要写 {len_type} 项，写了 {len_value} 项。",
    "{len_type} values are required, but {len_value} were given.": "要写 {len_type} 项，写了 {len_value} 项。",
    "{name} {filename!r} does not exist.": "{name}“{filename}”不存在。",
    "{name} {filename!r} is a file.": "{name}“{filename}”是文件，应为文件夹。",
    "{name} {filename!r} is a directory.": "{name}“{filename}”是文件夹，应为文件。",
    "{name} {filename!r} is not readable.": "{name}“{filename}”没有读取权限。",
    "{name} {filename!r} is not writable.": "{name}“{filename}”没有写入权限。",
    "{name} {filename!r} is not executable.": "{name}“{filename}”没有执行权限。",
    # how commands are written down
    "Could not determine name for option with declarations {decls!r}": "选项 {decls} 没有名称",
    "No options defined but a name was passed ({name}). Did you mean to declare an argument instead? "
    "Did you mean to pass '--{name}'?": "{name} 没有写成选项，是否应为 --{name}？",
    "Arguments take exactly one parameter declaration, got {length}: {decls}.": "参数只写一个名称，写了 {length} 个：{decls}。",
    "Name '{name}' defined twice": "名称“{name}”写了两次",
    "Boolean option {decl!r} cannot use the same flag for true/false.": "选项“{decl}”的是与否不能同名。",
    "Invalid start character for option ({option})": "选项“{option}”的开头不对",
}
"""What click says → what we say."""

PLACES = (
    click.core,
    click.decorators,
    click.exceptions,
    click.formatting,
    click.parser,
    click.types,
)


def word(text: str) -> str:
    """A word of click in Chinese; unchanged where the catalogue lacks it."""
    return WORDS.get(text, text)


def counted_word(one: str, many: str, count: int) -> str:
    """A word of click that depends on a number."""
    return word(one if count == 1 else many)


def speak_chinese() -> None:
    """Let click speak Chinese in this process, whatever the environment's language is."""
    for place in PLACES:
        module: Any = place
        for name, ours in (("_", word), ("ngettext", counted_word)):
            if hasattr(module, name):
                setattr(module, name, ours)
