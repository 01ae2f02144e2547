"""The error tree: what callers may rely on when they catch."""

import re

import pytest

from saleor_stoq_app import errors


def everything() -> list[type[errors.StoqError]]:
    found = [errors.StoqError]
    for kind in found:
        found += kind.__subclasses__()
    return [kind for kind in found if kind.__module__ == errors.__name__]


def test_our_own_misconfiguration_is_swallowed_by_no_handler():
    assert not issubclass(errors.Misconfigured, errors.StoqError)


def test_the_four_outcomes_are_a_providers():
    outcomes = {errors.Retryable, errors.NeedsMerchant, errors.Rejected, errors.Unknown}
    assert outcomes == set(errors.ProviderError.__subclasses__())


def test_codes_tell_errors_apart():
    codes = [kind.code for kind in everything()]
    assert len(codes) == len(set(codes))


def test_the_docstring_draws_the_whole_tree():
    drawn = set(re.findall(r"(?:├──|└──) (\w+)", errors.__doc__))
    assert drawn == {kind.__name__ for kind in everything()} - {"StoqError"}


@pytest.mark.parametrize("kind", everything(), ids=lambda kind: kind.__name__)
def test_every_error_speaks_to_people(kind):
    error = kind("It is full.", **({"after": 3} if kind is errors.TooMany else {}))
    assert str(error) == error.message == "It is full."


def test_an_error_may_name_a_finer_code_and_a_fix():
    error = errors.Forbidden("No.", fix="Ask somebody else.", code="NOT_YOURS")
    assert (error.code, error.fix, errors.Forbidden.code) == ("NOT_YOURS", "Ask somebody else.", "FORBIDDEN")
