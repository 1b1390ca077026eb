"""
What the server does in a given time, beside its peers, measured in one run.

    python -m benchmarks                 # all of them, on SQLite and on PostgreSQL
    python -m benchmarks usage_json      # one, by the name of its module
    python -m benchmarks --quick         # small amounts and few rounds: shows that everything runs

A benchmark is a module of this package with `run(context)`; its docstring's first line is its title.
Things that are compared take turns in every round, so that a slow moment of the machine strikes all of them alike:
read the ratios, the absolute figures are those of this machine today.
"""
