"""Runs the benchmarks that are named, or all of them."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
from types import ModuleType

import benchmarks
from benchmarks.context import Context


def found() -> dict[str, ModuleType]:
    """Every module of the package that can run, by name."""
    names = [name for _, name, _ in pkgutil.iter_modules(benchmarks.__path__) if name != "__main__"]
    modules = {name: importlib.import_module(f"benchmarks.{name}") for name in names}
    return {name: module for name, module in modules.items() if hasattr(module, "run")}


def main(words: list[str] | None = None) -> int:
    """The command line; 2 where a name is unknown."""
    modules = found()
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=benchmarks.__doc__.strip().splitlines()[0]
    )
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(modules))
    parser.add_argument("--quick", action="store_true", help="small amounts, few rounds")
    given = parser.parse_args(words)
    if unknown := set(given.names) - set(modules):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(modules)}")
    with Context(quick=given.quick) as context:
        for name in given.names or modules:
            context.title(name, (modules[name].__doc__ or "").strip().splitlines()[0])
            modules[name].run(context)
    return 0


if __name__ == "__main__":
    sys.exit(main())
