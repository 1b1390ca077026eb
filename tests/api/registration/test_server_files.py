"""Server-Provided Files: CDS-WG1-02 3.3.2, 3.3.3, 9."""

import io
import json
from dataclasses import dataclass

import pytest
from sqlalchemy import event

from cdsc_server.app import load_catalogue
from cdsc_server.domain.grants import GrantStatus
from cdsc_server.domain.server_files import MOST, media_type_of
from cdsc_server.errors import Conflict, InvalidRequest, NotFound
from cdsc_server.services import files, server_grants
from cdsc_server.storage.db import db, reading, transaction
from cdsc_server.storage.files import ServerFileRow
from cdsc_server.storage.grants import GrantRow
from tests.factories.oauth import ALL_SCOPES, Party, register
from tests.support import requirement
from tests.support.oauth import judged_before_storage

BYTES = bytes(range(256)) * 1000
MEMBERS = {"file_id", "uri", "created", "modified", "mime_type", "size", "name", "description", "download_uri"}


@dataclass
class Desk:
    """The Server's hands, and a Client that was registered for files."""

    app: object
    party: Party
    settings: object
    ports: object

    @property
    def owner(self):
        """The Client Object for files."""
        listed = self.party.http.get("/clients", headers=self.party.bearer).json["clients"]
        return next(each for each in listed if each["scope"] == "cds_server_provided_files")

    def share(self, content=BYTES, *, name="plan.pdf", client_id=None, **more):
        owner = client_id or self.owner["client_id"]
        with self.app.app_context():
            return files.share_file(
                owner,
                io.BytesIO(content),
                name=name,
                catalogue=load_catalogue(self.settings),
                clock=self.ports.clock,
                blobs=self.ports.blobs,
                **more,
            )

    def withdraw(self, shared):
        with self.app.app_context():
            files.withdraw_file(shared.file_id, clock=self.ports.clock)

    def ask(self, shared, by=None, **changes):
        entry = {"type": "cds_grant_admin", "client_id": shared.client_id, "grant_id": shared.grant_id, **changes}
        form = {"grant_type": "client_credentials", "authorization_details": json.dumps([entry])}
        return self.party.token(form, by=by or self.party.grant_admin)

    def open(self, shared):
        """Headers with a Grant Admin token for the Grant of a file."""
        answer = self.ask(shared)
        assert answer.status_code == 200, answer.json
        return {"Authorization": f"Bearer {answer.json['access_token']}"}

    def get(self, path, headers, **more):
        # Buffered, so that the file is closed as a web server closes it.
        return self.party.http.get(path, headers=headers, buffered=True, **more)

    def grant(self, shared):
        return self.party.http.get(f"/grants/{shared.grant_id}", headers=self.party.bearer).json

    def listed(self, headers, **query):
        return self.get("/files", headers, query_string=query).json


@pytest.fixture
def desk(app, client, settings, ports):
    return Desk(app, register(client, f"{ALL_SCOPES} cds_server_provided_files"), settings, ports)


@requirement("WG1-02-4.2-18", "WG1-02-5.1-06")
def test_the_client_object_for_files_has_no_secret(desk):
    """Nobody asks for a token as it, so it has no way to authenticate, and no Credential."""
    owner = desk.owner
    credentials = desk.party.http.get("/credentials", headers=desk.party.bearer).json["credentials"]

    assert (owner["token_endpoint_auth_method"], owner["grant_types"], owner["response_types"]) == (None, [], [])
    assert owner["authorization_details_types"] == ["cds_server_provided_files"]
    assert owner["client_id"] not in {each["client_id"] for each in credentials}
    more = {"client_id": owner["client_id"]}
    assert desk.party.http.post("/credentials", json=more, headers=desk.party.bearer).status_code == 400


@requirement("WG1-02-3.3.3-01", "WG1-02-3.3.3-02", "WG1-02-3.3.3-03", "WG1-02-3.3.2-01", "WG1-02-8-02", "WG1-02-8.1-18")
def test_a_shared_file_is_a_grant_of_the_clients(desk):
    """Made by the Server, with the file in its details, and told of by a Message."""
    shared = desk.share()

    grant = desk.grant(shared)

    assert (grant["status"], grant["client_id"]) == ("active", desk.owner["client_id"])
    assert grant["scope"] == grant["enabled_scope"] == "cds_server_provided_files"
    assert grant["authorization_details"] == [{"type": "cds_server_provided_files", "file_id": shared.file_id}]
    assert grant["enabled_authorization_details"] == grant["authorization_details"]
    assert (grant["states"], grant["receipt_confirmations"]) == ([], [])
    unread = desk.party.http.get("/messages", headers=desk.party.bearer).json["unread"]
    assert any(shared.grant_id in each["description"] for each in unread)


@requirement("WG1-02-3.3.2-18")
@pytest.mark.parametrize("scope", [None, "cds_grant_admin"])
def test_the_entry_says_what_the_scope_word_only_names(desk, scope):
    """The word beside it opens nothing more, and no other Grant."""
    ours = desk.share(name="ours.pdf")
    desk.share(name="other.pdf")
    entry = {"type": "cds_grant_admin", "client_id": ours.client_id, "grant_id": ours.grant_id}
    form = {"grant_type": "client_credentials", "authorization_details": json.dumps([entry])}

    answer = desk.party.token(form | ({"scope": scope} if scope else {}), by=desk.party.grant_admin).json
    token = {"Authorization": f"Bearer {answer['access_token']}"}

    assert (answer["scope"], answer["authorization_details"]) == ("cds_grant_admin", [entry])
    assert [each["name"] for each in desk.listed(token)["files"]] == ["ours.pdf"]


@requirement("WG1-02-3.3.2-36", "WG1-02-3.3.3-21", "WG1-02-9-02", "WG1-02-9.2-01", "WG1-02-9.2-02", "WG1-02-9.2-06")
def test_a_grant_admin_token_reaches_the_files_of_its_grant_and_no_others(desk):
    """One token, one Grant: not even another file of the same Client."""
    ours, other = desk.share(name="ours.pdf"), desk.share(name="other.pdf")
    token = desk.open(ours)

    assert [each["name"] for each in desk.listed(token)["files"]] == ["ours.pdf"]
    for path in (f"/files/{other.file_id}", f"/files/{other.file_id}/download", "/files/unknown"):
        assert desk.get(path, token).status_code == 404
    assert desk.get("/usage_data", token).status_code == 403


@requirement(
    "WG1-02-9.1-01",
    "WG1-02-9.1-02",
    "WG1-02-9.1-03",
    "WG1-02-9.1-04",
    "WG1-02-9.1-05",
    "WG1-02-9.1-06",
    "WG1-02-9.1-07",
    "WG1-02-9.1-08",
    "WG1-02-9.1-09",
    "WG1-02-9.3-01",
)
def test_a_file_is_described_in_full(desk, settings):
    """Every member, an empty description too."""
    shared = desk.share(name="Übersicht.csv")
    token = desk.open(shared)
    (file,) = desk.listed(token)["files"]

    assert set(file) == MEMBERS
    assert file["uri"] == f"{settings.base_url}/files/{shared.file_id}"
    assert (file["name"], file["description"], file["mime_type"]) == ("Übersicht.csv", "", "text/csv")
    assert (file["size"], file["created"], file["modified"]) == (256_000, *["2026-03-01T12:00:00Z"] * 2)
    assert desk.get(file["uri"].removeprefix(settings.base_url), token).json == file
    download = desk.get(file["download_uri"].removeprefix(settings.base_url), token)
    assert (download.status_code, download.data) == (200, BYTES)


@requirement("WG1-02-9.1-10", "WG1-02-9.3-02", "WG1-02-9.4-02", "WG1-02-9-02", "WG1-02-3.3.3-28")
@pytest.mark.parametrize("place", ["/files", "/files/{}", "/files/{}/download"])
def test_no_other_token_reaches_a_file(desk, approve, place):
    """None at all, the Client Admin's, one of a Customer's Grant, and a Grant Admin's of that."""
    shared = desk.share()
    agreed = approve(desk.party.app.client_id)
    code = {"Authorization": f"Bearer {desk.party.access(agreed)['access_token']}"}
    answer = desk.ask(shared, client_id=desk.party.app.client_id, grant_id=agreed.grant_id)
    admin = {"Authorization": f"Bearer {answer.json['access_token']}"}

    tokens = [{}, {"Authorization": "Bearer unknown"}, desk.party.bearer, code, admin]
    answers = [desk.party.http.get(place.format(shared.file_id), headers=token) for token in tokens]

    assert [each.status_code for each in answers] == [401, 401, 403, 403, 403]
    assert all(b"plan.pdf" not in each.data for each in answers)


@requirement("WG1-02-3.3.2-34", "WG1-02-3.3.2-32", "WG1-02-3.3.2-35", "WG1-02-3.3.3-28")
@pytest.mark.parametrize(
    "changes",
    [{"type": "cds_server_provided_files"}, {"client_id": "unknown"}, {"grant_id": "unknown"}, {"file_id": "f"}],
)
def test_a_token_for_files_is_asked_for_exactly(desk, changes):
    """A Grant Admin entry, for the Client Object and the Grant that belong together."""
    answer = desk.ask(desk.share(), **changes)

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_authorization_details")


@requirement("WG1-02-3.3.2-34")
def test_a_grant_of_another_grant_admin_scope_is_not_opened(desk, app):
    """Every scope of the Grant has to name the scope that the token is asked for."""
    shared = desk.share()
    with app.app_context(), transaction() as session:
        grant = session.get_one(GrantRow, shared.grant_id)
        grant.enabled_scope = "cds_server_provided_files cds_client_admin"

    assert desk.ask(shared).json["error"] == "invalid_authorization_details"


def test_a_grant_admin_of_another_registration_finds_nothing(desk, client):
    stranger = register(client, f"{ALL_SCOPES} cds_server_provided_files")

    assert desk.ask(desk.share(), by=stranger.grant_admin).status_code == 400


@requirement("WG1-02-3.3.3-01")
@pytest.mark.parametrize("entry", [None, {}, {"file_id": "f"}])
def test_files_cannot_be_asked_of_a_customer(desk, entry):
    """Only the Server shares them, whether or not an entry names a file."""
    files = "cds_server_provided_files"
    asked = {"scope": files} if entry is None else {"authorization_details": json.dumps([{"type": files, **entry}])}
    asked = {"scope": None, **asked}

    answer = desk.party.http.get("/oauth/authorize", query_string=desk.party.asking(**asked))

    assert answer.location.partition("error=")[2].startswith("invalid_")


@requirement("WG1-02-8.2-13", "WG1-02-9.4-02")
@pytest.mark.parametrize("end", ["closed", "suspended", "disabled", "withdrawn", "client"])
def test_a_file_is_gone_at_once(desk, end):
    """Judged at every request, and not when the token was issued."""
    shared = desk.share()
    token = desk.open(shared)
    place = f"/files/{shared.file_id}/download"
    assert desk.get(place, token).status_code == 200

    if end == "closed":
        desk.party.http.patch(f"/grants/{shared.grant_id}", json={"status": "closed"}, headers=desk.party.bearer)
    elif end == "client":
        path = f"/clients/{shared.client_id}"
        assert desk.party.http.put(path, json={"cds_status": "disabled"}, headers=desk.party.bearer).status_code == 200
    elif end == "withdrawn":
        desk.withdraw(shared)
    else:
        with desk.app.app_context():
            server_grants.set_status(shared.grant_id, GrantStatus(end), clock=desk.ports.clock)

    assert desk.get(place, token).status_code == 401


@requirement("WG1-02-8.2-05", "WG1-02-8.1-19", "WG1-02-8.1-20")
def test_one_of_several_files_can_be_withdrawn(desk, clock):
    """The Grant is partial then; with its last file it is disabled."""
    first = desk.share(name="a.txt")
    second = desk.share(name="b.txt", grant_id=first.grant_id)
    token = desk.open(first)
    assert len(desk.listed(token)["files"]) == 2

    desk.withdraw(first)
    partial = desk.grant(first)
    assert [each["name"] for each in desk.listed(token)["files"]] == ["b.txt"]
    assert desk.get(f"/files/{first.file_id}/download", token).status_code == 404
    desk.withdraw(second)
    over = desk.grant(first)

    assert (partial["status"], len(partial["authorization_details"])) == ("partial", 2)
    assert [each["file_id"] for each in partial["enabled_authorization_details"]] == [second.file_id]
    assert (over["status"], over["enabled_scope"]) == ("disabled", "")
    with pytest.raises(NotFound):
        desk.withdraw(first)


@requirement("WG1-02-8.7-09", "WG1-02-8.7-11")
def test_a_client_gives_a_file_back_but_takes_none(desk):
    """By its Grant, as with everything that was granted."""
    first = desk.share(name="a.txt")
    second = desk.share(name="b.txt", grant_id=first.grant_id)
    token = desk.open(first)

    def patch(*file_ids):
        entries = [{"type": "cds_server_provided_files", "file_id": file_id} for file_id in file_ids]
        body = {"authorization_details": entries}
        return desk.party.http.patch(f"/grants/{first.grant_id}", json=body, headers=desk.party.bearer)

    assert patch(first.file_id, "another").status_code == 400
    kept = patch(second.file_id)

    assert (kept.status_code, kept.json["status"]) == (200, "active")
    assert [each["file_id"] for each in kept.json["enabled_authorization_details"]] == [second.file_id]
    assert [each["name"] for each in desk.listed(token)["files"]] == ["b.txt"]
    assert patch(first.file_id).status_code == 400


@requirement("WG1-02-9.2-07", "WG1-02-9.2-08", "WG1-02-9.2-09")
def test_the_listing_is_filtered_and_the_newest_comes_first(desk, clock):
    first = desk.share(name="a.txt")
    clock.advance(seconds=1)
    second = desk.share(name="b.txt", grant_id=first.grant_id)
    other = desk.share(name="c.txt")
    token = desk.open(first)

    def names(**query):
        return [each["name"] for each in desk.listed(token, **query)["files"]]

    assert names() == ["b.txt", "a.txt"]
    assert names(file_ids=f"{first.file_id} {other.file_id} unknown") == ["a.txt"]
    assert names(file_ids=f"{second.file_id} {first.file_id}") == ["b.txt", "a.txt"]
    assert names(file_ids="") == []


@pytest.mark.slow
@requirement("WG1-02-9.2-03", "WG1-02-9.2-04", "WG1-02-9.2-05", "WG1-02-9.2-09")
def test_a_long_listing_is_paged_in_constant_statements(desk, app, clock, settings):
    """A thousand files of one moment, which is as many as a Grant takes."""
    first = desk.share(b"x")
    with app.app_context(), transaction() as session:
        grant = session.get_one(GrantRow, first.grant_id)
        row = session.get_one(ServerFileRow, first.file_id)
        columns = {column.key: getattr(row, column.key) for column in ServerFileRow.__table__.columns}
        ids = [f"file-{n:04}" for n in range(MOST - 1)]
        session.add_all(ServerFileRow(**{**columns, "file_id": file_id}) for file_id in ids)
        entries = [{"type": "cds_server_provided_files", "file_id": file_id} for file_id in ids]
        grant.authorization_details = grant.enabled_authorization_details = [*grant.authorization_details, *entries]
    token, costs, seen = desk.open(first), [], []
    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", lambda *given: seen.append(given[2]))

    pages = [desk.listed(token)]
    while pages[-1]["next"]:
        seen.clear()
        pages.append(desk.get(pages[-1]["next"].removeprefix(settings.base_url), token).json)
        costs.append(len(seen))

    assert [len(page["files"]) for page in pages] == [100] * 10
    assert len({each["file_id"] for page in pages for each in page["files"]}) == MOST
    assert (pages[0]["previous"], pages[-1]["next"]) == (None, None)
    assert desk.get(pages[1]["previous"].removeprefix(settings.base_url), token).json == pages[0]
    assert len(set(costs)) == 1
    with pytest.raises(Conflict):
        desk.share(grant_id=first.grant_id)


@pytest.fixture
def download(desk):
    """Asks for a shared file with these headers."""
    shared = desk.share(name="plan.pdf")
    token = desk.open(shared)

    def downloads(method="GET", **headers):
        also = {name.replace("_", "-"): value for name, value in headers.items()}
        path = f"/files/{shared.file_id}/download"
        return desk.party.http.open(path, method=method, headers={**token, **also}, buffered=True)

    return downloads


@requirement("WG1-02-9.4-01")
def test_a_download_is_the_file(download):
    """Whole, named, and for nobody's cache or browser to make more of it."""
    answer = download()

    assert (answer.status_code, answer.data, answer.content_length) == (200, BYTES, len(BYTES))
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"] == "attachment; filename=plan.pdf"
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "private" in answer.headers["Cache-Control"]


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("bytes=0-0", slice(0, 1)),
        ("bytes=100-199", slice(100, 200)),
        ("bytes=255999-", slice(255_999, None)),
        ("bytes=-10", slice(-10, None)),
        ("bytes=255990-999999", slice(255_990, None)),
    ],
)
def test_a_part_is_a_part(download, asked, part):
    """RFC 9110 14.1.2."""
    answer = download(Range=asked)

    start = part.indices(len(BYTES))[0]
    expected = BYTES[part]
    assert (answer.status_code, answer.data) == (206, expected)
    assert answer.headers["Content-Range"] == f"bytes {start}-{start + len(expected) - 1}/{len(BYTES)}"
    assert answer.content_length == len(expected)


@pytest.mark.parametrize("asked", ["bytes=0-1,5-6", "lines=0-1", "bytes=x", "bytes=5-1", "", "bytes"])
def test_a_range_that_is_not_understood_gets_the_whole_file(download, asked):
    """RFC 9110 14.2; several ranges too, which few ask for and many abuse."""
    answer = download(Range=asked)

    assert (answer.status_code, len(answer.data)) == (200, len(BYTES))


def test_a_range_beyond_the_end_is_refused(download):
    """RFC 9110 15.5.17: with the length there is."""
    answer = download(Range="bytes=256000-")

    assert (answer.status_code, answer.headers["Content-Range"]) == (416, "bytes */256000")


def test_a_download_that_broke_off_goes_on_only_with_the_same_bytes(download):
    """If-Range with another tag gets everything anew."""
    tag = download().headers["ETag"]

    assert download(Range="bytes=1-2", If_Range=tag).status_code == 206
    assert download(Range="bytes=1-2", If_Range='"other"').status_code == 200


@pytest.mark.parametrize("more", [{}, {"Range": "bytes=0-1"}])
def test_bytes_that_the_client_has_are_not_sent_again(download, more):
    """RFC 9110 13.2.2: before any range is looked at."""
    tag = download().headers["ETag"]

    answer = download(If_None_Match=f'"other", {tag}', **more)

    assert (answer.status_code, answer.data, answer.headers["ETag"]) == (304, b"", tag)
    assert download(If_None_Match='"other"').status_code == 200


def test_head_tells_what_get_would(download):
    """Without a byte of it, and without regard to Range (RFC 9110 14.2)."""
    answer = download("HEAD", Range="bytes=0-1")

    assert (answer.status_code, answer.data, answer.content_length) == (200, b"", len(BYTES))
    assert answer.headers["ETag"] == download().headers["ETag"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("two words.pdf", 'attachment; filename="two words.pdf"'),
        ("a;b=c'd.txt", 'attachment; filename="a;b=c\'d.txt"'),
        ("Jürgen.txt", "attachment; filename=Jurgen.txt; filename*=UTF-8''J%C3%BCrgen.txt"),
        ("図.pdf", "attachment; filename=.pdf; filename*=UTF-8''%E5%9B%B3.pdf"),
    ],
)
@judged_before_storage
def test_a_name_is_told_to_every_browser(desk, name, shown):
    """RFC 6266."""
    shared = desk.share(name=name)

    answer = desk.get(f"/files/{shared.file_id}/download", desk.open(shared))

    assert answer.headers["Content-Disposition"] == shown


@judged_before_storage
@pytest.mark.parametrize(
    "fault",
    [
        *({"name": name} for name in ("", "a/b", "..", "a\\b", "a\nb", "x" * 256, " a", 'a"b', "a\x00b")),
        {"mime_type": "pdf"},
        {"mime_type": "text/html\r\nX: y"},
        {"description": "x" * 2001},
    ],
)
def test_what_cannot_be_shared_is_refused(desk, fault):
    """And nothing is stored."""
    with pytest.raises(InvalidRequest):
        desk.share(**fault)
    with desk.app.app_context(), reading() as session:
        assert session.query(ServerFileRow).count() == 0
        assert [row.scope for row in session.query(GrantRow)] == ["cds_client_admin"]


@judged_before_storage
def test_files_are_shared_with_who_registered_for_them(desk, client):
    """Any Client Object of the registration will do to name it."""
    assert desk.share(client_id=desk.party.app.client_id).client_id == desk.owner["client_id"]
    with pytest.raises(InvalidRequest, match="0 Client Objects for files"):
        desk.share(client_id=register(client).admin.client_id)
    with pytest.raises(NotFound):
        desk.share(client_id="unknown")


@judged_before_storage
def test_a_file_is_not_added_to_a_grant_of_another_kind(desk, approve):
    """Of a Customer, of nobody, or ended."""
    ended = desk.share()
    desk.withdraw(ended)

    for grant_id, kind in ((approve(desk.party.app.client_id).grant_id, NotFound), (ended.grant_id, Conflict)):
        with pytest.raises(kind):
            desk.share(grant_id=grant_id)


@pytest.mark.parametrize(
    ("name", "given", "kind"),
    [
        ("a.pdf", None, "application/pdf"),
        ("a.unheard", None, "application/octet-stream"),
        ("a.csv.gz", None, "application/octet-stream"),
        ("a.pdf", "Text/CSV", "text/csv"),
    ],
)
def test_a_media_type_comes_from_the_name(name, given, kind):
    assert media_type_of(name, given) == kind
