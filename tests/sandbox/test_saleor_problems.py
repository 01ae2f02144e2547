"""How an app tells staff what is wrong, with the answers and refusals of a live Saleor 3.23.28."""

import pytest

from saleor_stoq_app.sandbox.saleor import SandboxSaleor
from saleor_stoq_app.sandbox.saleor.installed import InstalledApp
from tests.sandbox.saleor_caller import DENIED, calling, with_app

CREATE = """mutation($i:AppProblemCreateInput!){appProblemCreate(input:$i){
  appProblem{id key message count isCritical createdAt updatedAt dismissed{by}}
  errors{field message code}}}"""
DISMISS = "mutation($i:AppProblemDismissInput!){appProblemDismiss(input:$i){errors{field message code}}}"
PROBLEMS = "{app{problems{key count dismissed{by}}}}"
WRONG = {"key": "k:1", "message": "abc"}
OTHER = "u" * 30


@pytest.fixture
def saleor(clock):
    return with_app(SandboxSaleor(clock))


@pytest.fixture
async def ask(saleor):
    async with calling(saleor) as ask:
        yield ask


@pytest.fixture
def create(ask):
    async def create(**given):
        _, answer = await ask(CREATE, i=WRONG | given)
        made = answer["data"]["appProblemCreate"]
        return made["appProblem"], [(e["field"], e["message"], e["code"]) for e in made["errors"]]

    return create


@pytest.fixture
def dismiss(ask):
    async def dismiss(**given):
        _, answer = await ask(DISMISS, i=given)
        errors = answer["data"]["appProblemDismiss"]["errors"]
        return [(e["field"], e["message"], e["code"]) for e in errors]

    return dismiss


async def test_a_problem_is_kept_with_what_was_said(create, clock):
    problem, errors = await create()

    assert errors == []
    assert problem == {
        "id": "QXBwUHJvYmxlbTox",
        "key": "k:1",
        "message": "abc",
        "count": 1,
        "isCritical": False,
        "createdAt": clock.now().isoformat(),
        "updatedAt": clock.now().isoformat(),
        "dismissed": None,
    }


async def test_within_the_period_the_same_key_counts_up_with_the_new_words(create, clock):
    first, _ = await create()
    clock.advance(3_600)
    again, _ = await create(message="abd")

    assert (again["id"], again["count"], again["message"]) == (first["id"], 2, "abd")
    assert again["updatedAt"] > again["createdAt"] == first["createdAt"]


async def test_after_the_period_the_same_key_is_a_second_problem(create, ask, clock):
    await create()
    clock.advance(3_601)
    await create()

    _, answer = await ask(PROBLEMS)
    assert [it["count"] for it in answer["data"]["app"]["problems"]] == [1, 1]


async def test_the_period_is_the_later_reports_and_runs_from_the_last_one(create, clock):
    await create(aggregationPeriod=1)
    clock.advance(6 * 86_400)
    assert (await create(aggregationPeriod=10_080))[0]["count"] == 2
    clock.advance(6 * 86_400)
    assert (await create(aggregationPeriod=10_080))[0]["count"] == 3
    assert (await create(aggregationPeriod=0))[0]["count"] == 1
    assert (await create(aggregationPeriod=None))[0]["count"] == 2


async def test_a_threshold_makes_critical_and_its_absence_takes_that_back(create):
    assert (await create(criticalThreshold=1))[0]["isCritical"]
    assert not (await create(criticalThreshold=3))[0]["isCritical"]
    assert (await create(criticalThreshold=3))[0]["isCritical"]
    assert not (await create())[0]["isCritical"]


async def test_what_is_too_short_or_too_long_is_refused_by_field(create):
    short = "String should have at least 3 characters"
    assert (await create(message="ab", key="k"))[1] == [
        ("message", short, "INVALID"),
        ("key", short, "INVALID"),
    ]
    problem, errors = await create(key="k" * 129)
    assert problem is None
    assert errors == [("key", "String should have at most 128 characters", "INVALID")]


async def test_a_long_message_is_shortened(create):
    problem, _ = await create(message="m" * 2_100, key="k" * 128)

    assert problem["message"] == "m" * 2_045 + "..."


@pytest.mark.parametrize(
    "given", [{"aggregationPeriod": -1}, {"criticalThreshold": 0}, {"aggregationPeriod": 1.5}]
)
async def test_numbers_below_their_bound_are_no_valid_variables(ask, given):
    status, answer = await ask(CREATE, i=WRONG | given)

    assert status == 400
    assert "data" not in answer


async def test_a_hundred_are_kept_and_the_oldest_make_room(create, ask, clock):
    for number in range(102):
        await create(key=f"key-{number}")
        clock.advance(1)

    _, answer = await ask(PROBLEMS)
    keys = [it["key"] for it in answer["data"]["app"]["problems"]]
    assert (len(keys), keys[0], keys[-1]) == (100, "key-101", "key-2")


async def test_a_dismissed_problem_stays_and_its_key_starts_anew(create, dismiss, ask):
    await create()
    assert await dismiss(byApp={"keys": ["k:1", "unknown"]}) == []
    assert await dismiss(byApp={"keys": ["k:1"]}) == []
    await create()

    _, answer = await ask(PROBLEMS)
    told = sorted(answer["data"]["app"]["problems"], key=lambda it: it["dismissed"] is None)
    assert [(it["count"], it["dismissed"]) for it in told] == [(1, {"by": "APP"}), (1, None)]


async def test_staff_can_dismiss_too(create, saleor, ask):
    await create()
    saleor.installed.problems[0].dismiss("staff@example.com")

    _, answer = await ask(PROBLEMS)
    assert answer["data"]["app"]["problems"][0]["dismissed"] == {"by": "USER"}


async def test_problems_are_dismissed_by_id(create, dismiss, saleor):
    problem, _ = await create()

    assert await dismiss(byApp={"ids": [problem["id"], "QXBwUHJvYmxlbTo5OTk5"], "keys": []}) == []
    assert not saleor.installed.problems[0].is_open


NONE = "At least one of arguments is required: 'byApp', 'byStaffWithIds', 'byStaffWithKeys'."
BOTH = "Argument 'byApp' cannot be combined with 'byStaffWithIds'"
STAFF = "App callers cannot use this input. Use 'byApp' instead."
REFUSALS = {
    "nothing": ({}, (None, NONE, "GRAPHQL_ERROR")),
    "an empty choice": ({"byApp": {}}, (None, NONE, "GRAPHQL_ERROR")),
    "two callers": (
        {"byApp": {"keys": ["a"]}, "byStaffWithIds": {"ids": ["a"]}},
        (None, BOTH, "GRAPHQL_ERROR"),
    ),
    "staff's ids": ({"byStaffWithIds": {"ids": []}}, ("byStaffWithIds", STAFF, "INVALID")),
    "staff's keys": (
        {"byStaffWithKeys": {"keys": ["a"], "app": "QXBwOjE="}},
        ("byStaffWithKeys", STAFF, "INVALID"),
    ),
    "no keys": ({"byApp": {"keys": []}}, ("byApp", "Must provide either 'ids' or 'keys'.", "REQUIRED")),
    "ids and keys": (
        {"byApp": {"keys": ["a"], "ids": ["QXBwUHJvYmxlbTox"]}},
        ("byApp", "Cannot specify both 'ids' and 'keys'.", "INVALID"),
    ),
    "too many": (
        {"byApp": {"keys": [f"k{number}" for number in range(101)]}},
        ("keys", "Cannot specify more than 100 items.", "INVALID"),
    ),
    "another type's id": (
        {"byApp": {"ids": ["V2ViaG9vazox"]}},
        ("ids", "Invalid ID: V2ViaG9vazox.", "INVALID"),
    ),
}


@pytest.mark.parametrize(("given", "error"), REFUSALS.values(), ids=REFUSALS)
async def test_refused_dismissals(dismiss, given, error):
    assert await dismiss(**given) == [error]


async def test_another_apps_problem_cannot_be_dismissed(create, dismiss, saleor):
    problem, _ = await create()
    saleor.installed.token = OTHER
    with_app(saleor).installed.key = 2

    assert await dismiss(byApp={"ids": [problem["id"]]}) == [
        ("ids", "Cannot dismiss problems belonging to other apps.", "INVALID")
    ]
    assert await dismiss(byApp={"keys": ["k:1"]}) == []
    assert saleor.shop.apps[0].problems[0].is_open


async def test_an_id_that_is_none_fails_the_whole_field(ask):
    status, answer = await ask(DISMISS, i={"byApp": {"ids": ["abc"]}})

    assert (status, answer["data"]) == (200, {"appProblemDismiss": None})
    assert answer["errors"][0]["message"] == "Invalid ID: abc. Expected: AppProblem."


async def test_at_most_a_hundred_are_listed(ask, create):
    await create()
    _, answer = await ask("{app{problems(limit:101){id}}}")
    assert answer["errors"][0]["message"] == "Limit must be between 1 and 100."

    _, answer = await ask("{app{problems(limit:1){id}}}")
    assert len(answer["data"]["app"]["problems"]) == 1

    assert (await ask("{app{problems(limit:0){id}}}"))[0] == 400


async def test_only_staff_see_who_dismissed(create, dismiss, ask):
    await create()
    await dismiss(byApp={"keys": ["k:1"]})

    _, answer = await ask("{app{problems{dismissed{by userEmail}}}}")

    assert answer["errors"][0]["message"] == DENIED + "AUTHENTICATED_STAFF_USER"
    assert answer["data"]["app"]["problems"] == [{"dismissed": {"by": "APP", "userEmail": None}}]


async def test_strangers_are_denied(ask):
    _, created = await ask(CREATE, token="", i=WRONG)
    _, dismissed = await ask(DISMISS, token="", i={"byApp": {"keys": ["k:1"]}})

    assert created["errors"][0]["message"] == DENIED + "AUTHENTICATED_APP"
    assert dismissed["errors"][0]["message"] == DENIED + "MANAGE_APPS, AUTHENTICATED_APP"


@pytest.mark.parametrize(("version", "status"), [("3.22.35", 400), ("3.22.36", 200), ("3.24.0", 200)])
async def test_problems_begin_with_a_version(clock, version, status):
    async with calling(with_app(SandboxSaleor(clock, version=version))) as ask:
        assert (await ask(CREATE, i=WRONG))[0] == status
        assert (await ask(DISMISS, i={"byApp": {"keys": ["k:1"]}}))[0] == status
        assert (await ask(PROBLEMS))[0] == status


def test_every_installation_has_its_own_problems():
    first, second = (InstalledApp(key, "a", "A", (), "t") for key in (1, 2))

    assert first.problems is not second.problems
