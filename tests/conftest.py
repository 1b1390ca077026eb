"""Loads the fixtures of `tests/support` and sets how hard Hypothesis tries."""

import os

import hypothesis
import pytest

# Its tests are inherited, so pytest does not find it by its name.
pytest.register_assert_rewrite("tests.contracts.device_platform")

pytest_plugins = [
    "tests.support.network",
    "tests.support.databases",
    "tests.support.app",
    "tests.support.oauth",
    "tests.support.live",
    "tests.support.browser",
    "tests.support.looks",
    "tests.support.companions",
    "tests.support.demo",
    "tests.support.devices",
    "tests.support.redis",
    "tests.support.s3",
    "tests.support.zendesk",
]

# No deadline: a machine that is busy with something else is no fault of the code.
hypothesis.settings.register_profile("quick", deadline=None, max_examples=50)
hypothesis.settings.register_profile("long", deadline=None, max_examples=2000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))
