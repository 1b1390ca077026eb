"""
Where the packages are; everything else stands in pyproject.toml.

The migrations live beside `src`, where people look for them; they are installed inside the package,
where the code finds them.
"""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages("src"), "cdsc_server.migrations", "cdsc_server.migrations.versions"],
    package_dir={"": "src", "cdsc_server.migrations": "migrations"},
)
