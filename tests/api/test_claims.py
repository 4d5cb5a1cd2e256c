"""Claims from outside: what is made, read, listed, counted and deleted, on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.storage.database import Store
from tests.api.clients import LIMIT, client, pointers, problem
from tests.services.bulk import run_all
from tests.twins import DictionaryAnnotator, DictionaryReader

CLAIM = "There was a military coup in Kazakhstan"
AGREES = "A military coup took place in Kazakhstan on Monday, two officers said."
DENIES = "The government denied that a military coup happened in Kazakhstan."
DOUBTS = "Reportedly a military coup was under way in Kazakhstan, while France waited."
UNRELATED = "France praised Germany for its cheese and its trains."
NEAR = "The military parade in Kazakhstan was a success. A coup for the organisers."


@pytest.fixture
def reader() -> DictionaryReader:
    return DictionaryReader(limit=LIMIT)


@pytest.fixture
def http(store: Store, reader: DictionaryReader) -> Iterator[TestClient]:
    with client(store, claims=reader) as opened:
        yield opened


def work(store: Store, reader: DictionaryReader) -> None:
    asyncio.run(run_all(store, DictionaryAnnotator(), claims=reader))


def stored(http: TestClient, text: str, **fields: Any) -> str:
    response = http.post("/v1/articles", json={"text": text, **fields})
    assert response.status_code == 201, response.text
    return str(response.json()["id"])


def made(http: TestClient, text: str = CLAIM, **fields: Any) -> dict[str, Any]:
    response = http.post("/v1/claims", json={"text": text, **fields})
    assert response.status_code == 202, response.text
    found: dict[str, Any] = response.json()
    assert response.headers["location"] == f"/v1/jobs/{found['job']['id']}"
    return found


def said(http: TestClient, claim_id: str, query: str = "") -> dict[str, str]:
    """Stance by article."""
    items = http.get(f"/v1/claims/{claim_id}/stances?limit=200{query}").json()["items"]
    return {item["article"]["id"]: item["stance"] for item in items}


def test_a_claim_is_held_against_what_is_stored_and_says_so_plainly(
    http: TestClient, store: Store, reader: DictionaryReader
) -> None:
    agrees, denies, doubts, unrelated = (stored(http, text) for text in (AGREES, DENIES, DOUBTS, UNRELATED))
    claim = made(http)
    assert claim["text"] == CLAIM and claim["job"]["kind"] == "claim" and claim["job"]["state"] == "receiving"
    work(store, reader)
    ended = http.get(f"/v1/claims/{claim['id']}").json()
    assert ended["articles"] == {"considered": 4, "held_off": 1, "not_compared": 0, "read": 3}
    assert ended["counts"] == {"agree": 1, "disagree": 1, "discuss": 1, "unrelated": 0}
    assert (ended["job"]["state"], ended["job"]["done"], ended["job"]["total"]) == ("finished", 3, 3)
    assert said(http, claim["id"]) == {agrees: "agree", denies: "disagree", doubts: "discuss"}
    assert unrelated not in said(http, claim["id"], "&stance=unrelated")
    assert UNRELATED not in {text for _, text in reader.read}


def test_each_row_says_which_passages_decided(http: TestClient, store: Store, reader: DictionaryReader) -> None:
    stored(http, f"It rained. {AGREES}", title="News", publisher="Herald", published_at="2024-11-14")
    claim = made(http)
    work(store, reader)
    (item,) = http.get(f"/v1/claims/{claim['id']}/stances").json()["items"]
    assert item["article"] | {"id": ""} == {
        **{"id": "", "title": "News", "publisher": "Herald", "url": None, "published_at": "2024-11-14"}
    }
    (evidence,) = item["evidence"]
    assert evidence == {
        "field": "text",
        "start": 11,
        "end": 11 + len(AGREES),
        "quote": AGREES,
        "stance": "agree",
        "probability": 0.8,
    }
    assert (item["stance"], item["passages"], item["revision"], item["model"]) == ("agree", 3, 1, reader.version)
    assert sum(item["probabilities"].values()) == pytest.approx(1)


def test_every_later_article_is_compared_and_read_for_what_it_could_mean(
    http: TestClient, store: Store, reader: DictionaryReader
) -> None:
    claim, other = made(http), made(http, "Germany built a wall")
    work(store, reader)
    one = stored(http, AGREES)
    job = http.post("/v1/imports", json={"articles": [{"text": DENIES}, {"text": UNRELATED}]}).json()
    work(store, reader)
    assert http.get(f"/v1/jobs/{job['id']}").json()["done"] == 2
    assert sorted(said(http, claim["id"]).values()) == ["agree", "disagree"] and said(http, claim["id"])[one] == "agree"
    assert said(http, other["id"]) == {}
    assert len(reader.read) == 2


def test_what_was_read_and_is_unrelated_is_kept_apart_and_never_read_again(
    http: TestClient, store: Store, reader: DictionaryReader
) -> None:
    article = stored(http, NEAR)
    claim = made(http)
    work(store, reader)
    assert said(http, claim["id"]) == {} and said(http, claim["id"], "&stance=unrelated") == {article: "unrelated"}
    assert http.get(f"/v1/claims/{claim['id']}").json()["counts"]["unrelated"] == 1
    http.patch(f"/v1/articles/{article}", json={"published_at": "2024-11-14"})
    work(store, reader)
    assert len(reader.read) == 1


def test_a_new_text_is_read_anew_and_the_old_verdict_is_gone_at_once(
    http: TestClient, store: Store, reader: DictionaryReader
) -> None:
    article = stored(http, AGREES)
    claim = made(http)
    work(store, reader)
    assert http.put(f"/v1/articles/{article}/text", json={"text": DENIES}).status_code == 200
    assert said(http, claim["id"]) == {}
    work(store, reader)
    (item,) = http.get(f"/v1/claims/{claim['id']}/stances").json()["items"]
    assert (item["stance"], item["revision"]) == ("disagree", 2)
    assert http.put(f"/v1/articles/{article}/text", json={"text": UNRELATED}).status_code == 200
    work(store, reader)
    assert said(http, claim["id"]) == {} and len(reader.read) == 2


def test_the_same_claim_again_is_the_same_claim(http: TestClient, store: Store, reader: DictionaryReader) -> None:
    first = made(http, countries=["KZ", "FR"])
    again = http.post("/v1/claims", json={"text": f"  {CLAIM} ", "countries": ["FR", "KZ"]})
    assert (again.status_code, again.json()["id"]) == (200, first["id"])
    assert again.headers["location"] == f"/v1/jobs/{first['job']['id']}"
    assert made(http)["id"] != first["id"]
    assert [claim["id"] for claim in http.get("/v1/claims").json()["items"]][-1] == first["id"]


def test_only_articles_of_its_countries_and_dates_are_asked(http: TestClient, store: Store, reader: DictionaryReader) -> None:
    inside = stored(http, AGREES, published_at="2024-11-14")
    for fields in ({"published_at": "2024-11-16"}, {}, {"published_at": "2024-11-13T23:59:59Z"}):
        stored(http, f"{AGREES} {fields}", **fields)
    claim = made(http, countries=["KZ"], published_from="2024-11-14", published_to="2024-11-15")
    assert (claim["published_from"], claim["published_to"]) == ("2024-11-14T00:00:00Z", "2024-11-16T00:00:00Z")
    foreign = made(http, countries=["FR"])
    work(store, reader)
    assert list(said(http, claim["id"])) == [inside] and said(http, foreign["id"]) == {}
    assert http.get(f"/v1/claims/{claim['id']}").json()["articles"]["considered"] == 1
    later = stored(http, f"{DENIES} Later.", published_at="2024-11-15T23:00:00Z")
    stored(http, f"{DENIES} Too late.", published_at="2024-11-16T00:00:00Z")
    about_france = stored(http, DOUBTS)
    work(store, reader)
    assert set(said(http, claim["id"])) == {inside, later}
    assert set(said(http, foreign["id"])) == {about_france}


def test_an_article_that_is_dated_anew_comes_into_a_claim_and_leaves_it(
    http: TestClient, store: Store, reader: DictionaryReader
) -> None:
    article = stored(http, AGREES, published_at="2024-11-20")
    claim = made(http, published_to="2024-11-15")
    work(store, reader)
    assert said(http, claim["id"]) == {}
    http.patch(f"/v1/articles/{article}", json={"published_at": "2024-11-10"})
    work(store, reader)
    assert said(http, claim["id"]) == {article: "agree"}
    http.patch(f"/v1/articles/{article}", json={"published_at": "2024-11-20"})
    work(store, reader)
    assert said(http, claim["id"]) == {}


def test_a_reviewer_who_adds_or_removes_a_country_moves_the_article(
    http: TestClient, store: Store, reader: DictionaryReader
) -> None:
    article = stored(http, AGREES)
    claim = made(http, countries=["KE"])
    work(store, reader)
    assert said(http, claim["id"]) == {}
    correction = http.post(f"/v1/articles/{article}/corrections", json={"country": "KE"}).json()
    work(store, reader)
    assert said(http, claim["id"]) == {article: "agree"}
    http.delete(f"/v1/articles/{article}/corrections/{correction['id']}")
    work(store, reader)
    assert said(http, claim["id"]) == {}


def test_deleting_a_claim_deletes_its_stances_and_its_job_whatever_goes_on(
    http: TestClient, store: Store, reader: DictionaryReader
) -> None:
    stored(http, AGREES)
    claim, kept = made(http), made(http, "Kazakhstan had a military coup")
    work(store, reader)
    unfinished = made(http, "A coup happened in Kazakhstan")
    for each in (claim, unfinished):
        assert http.delete(f"/v1/claims/{each['id']}").status_code == 204
        for path in ("", "/stances", "/series", "/spread"):
            problem(http.get(f"/v1/claims/{each['id']}{path}"), 404, "claim-not-found")
        problem(http.get(f"/v1/jobs/{each['job']['id']}"), 404, "job-not-found")
    problem(http.delete(f"/v1/claims/{claim['id']}"), 404, "claim-not-found")
    stored(http, DENIES)
    work(store, reader)
    assert len(said(http, kept["id"])) == 2
    assert made(http)["id"] != claim["id"]


def test_deleting_an_article_deletes_what_it_says(http: TestClient, store: Store, reader: DictionaryReader) -> None:
    article, other = stored(http, AGREES), stored(http, DENIES)
    claim = made(http)
    work(store, reader)
    assert http.delete(f"/v1/articles/{article}").status_code == 204
    assert said(http, claim["id"]) == {other: "disagree"}
    assert http.get(f"/v1/claims/{claim['id']}").json()["counts"] == {"agree": 0, "disagree": 1, "discuss": 0, "unrelated": 0}


def test_an_article_that_is_deleted_before_it_is_read_is_no_failure(
    http: TestClient, store: Store, reader: DictionaryReader
) -> None:
    claim = made(http)
    work(store, reader)
    http.delete(f"/v1/articles/{stored(http, AGREES)}")
    work(store, reader)
    assert (http.get(f"/v1/jobs/{claim['job']['id']}").json()["failed"], said(http, claim["id"])) == (0, {})


def test_filters_narrow_the_list_and_the_series_alike(http: TestClient, store: Store, reader: DictionaryReader) -> None:
    herald = stored(http, AGREES, publisher="Herald", published_at="2024-11-14", language="en", url="https://a.example/1")
    times = stored(http, DENIES, publisher="Times", published_at="2024-11-20", external_id="t1")
    undated = stored(http, DOUBTS)
    claim = made(http)
    work(store, reader)
    for query, expected in {
        "stance=agree": {herald},
        "stance=agree&stance=discuss": {herald, undated},
        "publisher=Times": {times},
        "published_from=2024-11-15": {times},
        "published_to=2024-11-19": {herald},
        "min_probability=0.8": {herald, times, undated},
        "min_probability=0.9": set(),
        "country=FR": {undated},
        "language=en": {herald, times, undated},
        "language=fr": set(),
        "url=https://a.example/1": {herald},
        "external_id=t1": {times},
        "q=government": {times},
        "created_from=2100-01-01": set(),
    }.items():
        assert set(said(http, claim["id"], f"&{query}")) == expected, query
        series = http.get(f"/v1/claims/{claim['id']}/series?{query}").json()
        assert sum(point["n"] for point in series["points"]) + sum(series["undated"].values()) == len(expected), query


def test_the_list_is_paged_in_either_order(http: TestClient, store: Store, reader: DictionaryReader) -> None:
    days = [3, 1, None, 2, 5, 4]
    fields = [{"published_at": f"2024-11-0{day}"} if day else {} for day in days]
    articles = [stored(http, f"{AGREES} {number}", **each) for number, each in enumerate(fields)]
    claim = made(http)
    work(store, reader)
    in_time = sorted(range(6), key=lambda place: days[place] or 0, reverse=True)
    for sort, expected in (("created_at", articles[::-1]), ("published_at", [articles[place] for place in in_time])):
        found, address = [], f"/v1/claims/{claim['id']}/stances?limit=4&sort={sort}"
        while address:
            page = http.get(address)
            found += [item["article"]["id"] for item in page.json()["items"]]
            address = page.links.get("next", {}).get("url", "")
        assert found == expected
    cursor = http.get(f"/v1/claims/{claim['id']}/stances?limit=4").json()["next_cursor"]
    problem(http.get(f"/v1/claims/{claim['id']}/stances?stance=agree&cursor={cursor}"), 422, "invalid-cursor")


def test_the_series_has_every_interval_and_undated_articles_apart(
    http: TestClient, store: Store, reader: DictionaryReader
) -> None:
    for number, day in enumerate(["2024-11-14", "2024-11-14T20:00:00Z", "2024-11-17", None]):
        stored(http, f"{AGREES if number else DENIES} {number}", published_at=day)
    claim = made(http)
    work(store, reader)
    series = http.get(f"/v1/claims/{claim['id']}/series").json()
    assert [(point["start"], point["n"]) for point in series["points"]] == [
        ("2024-11-14", 2),
        ("2024-11-15", 0),
        ("2024-11-16", 0),
        ("2024-11-17", 1),
    ]
    assert series["points"][0]["counts"] == {"agree": 1, "disagree": 1, "discuss": 0, "unrelated": 0}
    assert series["undated"] == {"agree": 1, "disagree": 0, "discuss": 0, "unrelated": 0}
    (week, _) = http.get(f"/v1/claims/{claim['id']}/series?interval=week&published_to=2024-11-18").json()["points"]
    assert (week["start"], week["n"]) == ("2024-11-11", 3)
    problem(http.get(f"/v1/claims/{claim['id']}/series?published_from=1000-01-01&published_to=2999-01-01"), 422, "invalid-query")


def test_near_duplicates_count_once_where_that_is_asked(http: TestClient, store: Store, reader: DictionaryReader) -> None:
    long = (
        f"{AGREES} The town was quiet, shops were open, and buses ran as on any other day of the week, residents said by phone."
    )
    first, copy = (stored(http, text, publisher=name) for text, name in ((long, "A"), (f"{long} More soon.", "B")))
    assert http.get(f"/v1/articles/{first}").json()["duplicate_group"]
    claim = made(http)
    work(store, reader)
    assert set(said(http, claim["id"])) == {first, copy}
    assert set(said(http, claim["id"], "&collapse=true")) == {first}
    assert set(said(http, claim["id"], "&collapse=true&publisher=B")) == {copy}
    # One that came before it had a duplicate follows, too.
    later = stored(http, f"{long} At last.", publisher="C")
    work(store, reader)
    assert set(said(http, claim["id"])) == {first, copy, later} and set(said(http, claim["id"], "&collapse=true")) == {first}


def test_a_group_that_is_founded_later_is_known_to_the_stances(http: TestClient, store: Store, reader: DictionaryReader) -> None:
    long = (
        f"{AGREES} The town was quiet, shops were open, and buses ran as on any other day of the week, residents said by phone."
    )
    claim = made(http)
    first = stored(http, long)
    work(store, reader)
    stored(http, f"{long} More soon.")
    work(store, reader)
    assert len(said(http, claim["id"])) == 2 and set(said(http, claim["id"], "&collapse=true")) == {first}


def test_an_answer_has_a_tag_that_changes_with_it(http: TestClient, store: Store, reader: DictionaryReader) -> None:
    claim = made(http)
    work(store, reader)
    tag = http.get(f"/v1/claims/{claim['id']}").headers["etag"]
    assert http.get(f"/v1/claims/{claim['id']}", headers={"if-none-match": tag}).status_code == 304
    stored(http, AGREES)
    work(store, reader)
    assert http.get(f"/v1/claims/{claim['id']}", headers={"if-none-match": tag}).status_code == 200


def test_there_is_no_way_to_change_a_claim(http: TestClient, store: Store, reader: DictionaryReader) -> None:
    claim = made(http)
    for method in ("PUT", "PATCH"):
        response = http.request(method, f"/v1/claims/{claim['id']}", json={"text": "Else"})
        problem(response, 405, "method-not-allowed")
        assert response.headers["allow"] == "GET, DELETE, HEAD"


def test_what_is_no_claim_is_refused(http: TestClient) -> None:
    for body, where in (
        ({}, "#/text"),
        ({"text": " "}, "#/text"),
        ({"text": "x" * 501}, "#/text"),
        ({"text": CLAIM, "countries": ["ZZ"]}, "#/countries/0"),
        ({"text": CLAIM, "published_from": "2024-11-14", "published_to": "2024-11-01"}, "#"),
    ):
        found = problem(http.post("/v1/claims", json=body), 422, "invalid-request")
        assert pointers(found) == [where]
    problem(http.post("/v1/claims", json={"text": "a\0b"}), 422, "forbidden-character")


def test_a_given_text_is_read_for_each_claim_whatever_the_gate_says(http: TestClient, reader: DictionaryReader) -> None:
    claims = [CLAIM, "Germany built a wall", CLAIM]
    answer = http.post("/v1/annotate", json={"text": DENIES, "claims": claims}).json()
    assert [(each["claim"], each["stance"]) for each in answer["claims"]] == [
        (CLAIM, "disagree"),
        (claims[1], "unrelated"),
        (CLAIM, "disagree"),
    ]
    assert answer["claims"][0]["evidence"][0]["quote"] == DENIES and answer["claims"][1]["evidence"] == []
    assert answer["countries"] and len(reader.read) == 3
    assert http.post("/v1/annotate", json={"text": DENIES}).json()["claims"] == []
    problem(http.post("/v1/annotate", json={"text": DENIES, "claims": [CLAIM] * 21}), 422, "invalid-request")


def test_without_a_reader_nobody_guesses_and_what_was_read_stays(
    http: TestClient, store: Store, reader: DictionaryReader
) -> None:
    article = stored(http, AGREES)
    claim = made(http)
    work(store, reader)
    with client(store) as without:
        problem(without.post("/v1/claims", json={"text": CLAIM}), 501, "claims-not-available")
        problem(without.post("/v1/annotate", json={"text": DENIES, "claims": [CLAIM]}), 501, "claims-not-available")
        assert said(without, claim["id"]) == {article: "agree"}
        later = stored(without, DENIES)
        assert without.delete(f"/v1/articles/{article}").status_code == 204
    work(store, reader)
    assert said(http, claim["id"]) == {later: "disagree"}


def test_articles_of_another_model_are_counted_as_not_compared(store: Store, reader: DictionaryReader) -> None:
    class Older(DictionaryAnnotator):
        version = "older@000000000000"

    with client(store, annotator=Older()) as older:
        article = stored(older, AGREES)
    with client(store, claims=reader) as http:
        claim = made(http)
        work(store, reader)
        found = http.get(f"/v1/claims/{claim['id']}").json()
        assert found["articles"] == {"considered": 0, "held_off": 0, "not_compared": 1, "read": 0}
        assert http.post("/v1/reannotations", json={}).status_code == 202
        work(store, reader)
        assert said(http, claim["id"]) == {article: "agree"}
