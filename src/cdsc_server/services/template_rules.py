"""
What a template of a brand may be: a subject, an empty line and a body, with names, `if` and `for`, and nothing else.

A template is refused as a whole, with each line and the rule that it breaks. So little of Jinja is left that none can
call anything, look into anything, or grow without end; the sandbox stands behind that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, nodes
from jinja2.sandbox import SandboxedEnvironment

from cdsc_server.domain.letter_names import KINDS, LINK, LISTS, LetterNames

_MOST_CHARACTERS: Final = 20_000
_SUBJECT: Final = "Subject:"
#: What mail programs make links of.
_ADDRESS: Final = re.compile(r"://|\bwww\.", re.IGNORECASE)
_LOGIC: Final = (nodes.Not, nodes.And, nodes.Or)
#: A line of the file, and what is wrong there.
_Found = tuple[int, str]


@dataclass(frozen=True)
class OwnTemplate:
    """A sound template."""

    subject: Template
    body: Template


class UnsoundTemplateError(Exception):
    """
    A template is refused.

    Args:
        faults: each with its line and the rule.
    """

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


def read_template(text: str, kind: str) -> OwnTemplate:
    """
    The template that a file holds.

    Args:
        kind: one of `letter_names.KINDS`.

    Raises:
        UnsoundTemplateError: with every fault found.
    """
    first, _, rest = text.partition("\n")
    # Empty lines take the place of what stands before the body, so that Jinja counts lines as the file does.
    subject, body = first.removeprefix(_SUBJECT).strip(), "\n\n" + rest.partition("\n")[2]
    environment = _environment()
    try:
        faults = list(_faults(text, environment.parse(subject), environment.parse(body), KINDS[kind]))
        if not faults:
            return OwnTemplate(environment.from_string(subject), environment.from_string(body))
    except TemplateSyntaxError as fault:
        faults = [(fault.lineno, str(fault.message))]
    except RecursionError:
        faults = [(1, "one thing stands in another too many times")]
    raise UnsoundTemplateError([f"line {line}: {rule}" for line, rule in sorted(set(faults))])


def _environment() -> SandboxedEnvironment:
    environment = SandboxedEnvironment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    for known in (environment.globals, environment.filters, environment.tests):
        known.clear()
    return environment


def _faults(text: str, subject: nodes.Template, body: nodes.Template, names: LetterNames) -> Iterator[_Found]:
    lines = text.split("\n")
    if len(text) > _MOST_CHARACTERS:
        yield 1, f"a template has at most {_MOST_CHARACTERS} characters"
    if not re.fullmatch(rf"{_SUBJECT}.*\S.*", lines[0]):
        yield 1, f"the first line is '{_SUBJECT} ' and the subject"
    if lines[1:2] != [""]:
        yield 2, "the second line is empty, and the body comes below"
    for number, line in enumerate(lines, start=1):
        if _ADDRESS.search(line):
            yield number, "a mail has one link, {{ link }}; write no other address"
    yield from _in_nodes(subject.body, names.texts - {LINK}, lists=())
    yield from _in_nodes(body.body, names.texts, lists=LISTS)
    for name in sorted(names.needed - set(_always_said(body))):
        where = f"{{% for each in {name} %}}" if name in LISTS else f"{{{{ {name} }}}}"
        yield len(lines), f"{where} is missing; this mail has to say it, outside of any if"


def _in_nodes(
    found: Sequence[nodes.Node], texts: frozenset[str], *, lists: Sequence[str], inside: bool = False
) -> Iterator[_Found]:
    """
    What breaks a rule among these statements.

    Args:
        texts: names that may be printed.
        lists: names that may be gone through.
        inside: whether these are repeated already.
    """
    for node in found:
        match node:
            case nodes.Output():
                for part in node.nodes:
                    yield from () if isinstance(part, nodes.TemplateData) else _printed(part, texts, lists)
            case nodes.If():
                yield from _asked(node.test, texts, lists)
                yield from _in_nodes([*node.body, *node.elif_, *node.else_], texts, lists=lists, inside=inside)
            case nodes.For(target=nodes.Name(name=each), iter=nodes.Name(name=name), test=None, recursive=False):
                if inside or name not in lists:
                    known = ", ".join(lists) or "none here"
                    yield node.lineno, f"for stands in no other for, and goes through a list: {known}"
                yield from _in_nodes(node.body, texts | {each}, lists=lists, inside=True)
                yield from _in_nodes(node.else_, texts, lists=lists, inside=inside)
            case _:
                yield _not_here(node)


def _printed(node: nodes.Node, texts: frozenset[str], lists: Sequence[str]) -> Iterator[_Found]:
    if not isinstance(node, nodes.Name):
        yield _not_here(node)
    elif node.name in lists:
        yield node.lineno, f"{node.name} is a list: go through it with for"
    elif node.name not in texts:
        yield _unknown(node, texts, ())


def _asked(node: nodes.Node, texts: frozenset[str], lists: Sequence[str]) -> Iterator[_Found]:
    if isinstance(node, _LOGIC):
        for part in node.iter_child_nodes():
            yield from _asked(part, texts, lists)
    elif not isinstance(node, nodes.Name):
        yield _not_here(node)
    elif node.name not in texts and node.name not in lists:
        yield _unknown(node, texts, lists)


def _unknown(node: nodes.Name, texts: frozenset[str], lists: Sequence[str]) -> _Found:
    return node.lineno, f"{node.name} is not known here; known are {', '.join(sorted({*texts, *lists}))}"


def _not_here(node: nodes.Node) -> _Found:
    return node.lineno, f"only names, if and for can be used, and this is {type(node).__name__}"


def _always_said(body: nodes.Template) -> Iterator[str]:
    """Names that are printed whatever is told, and lists of which each entry is."""
    for node in body.body:
        if isinstance(node, nodes.Output):
            yield from _names_in(node)
        elif isinstance(node, nodes.For) and isinstance(node.iter, nodes.Name):
            printed = {name for part in node.body if isinstance(part, nodes.Output) for name in _names_in(part)}
            if isinstance(node.target, nodes.Name) and node.target.name in printed:
                yield node.iter.name


def _names_in(output: nodes.Output) -> Iterator[str]:
    return (part.name for part in output.nodes if isinstance(part, nodes.Name))
