"""A marketplace in the hands of who runs it, and of authors who may write into its folder.

repository = Repository(Path("market"))
repository.publish(Path("fast_trend.py"), author="alice", key=Path("alice.pem"))
repository.review("alice/fast_trend-1.0.0")
repository.approve("alice/fast_trend-1.0.0", digest, by="Erin", keys=[Path("keys")])
"""

from __future__ import annotations

import fcntl
import getpass
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tuf.api.metadata import DelegatedRole, Metadata, Targets

from pipeline.errors import MarketplaceError, did_you_mean
from pipeline.marketplace import approval, founding, root, withdrawal
from pipeline.marketplace.authorship import AuthorList, take_in
from pipeline.marketplace.bench import Bench, ProcessBench
from pipeline.marketplace.extra import Clock, extra_of, now
from pipeline.marketplace.founding import Founded
from pipeline.marketplace.integration import CommandRunner, Runner
from pipeline.marketplace.key import key_of, signers_in
from pipeline.marketplace.lookalike import resembling
from pipeline.marketplace.manifest import Manifest
from pipeline.marketplace.place import REVIEWS, Ref, author_paths, check_author
from pipeline.marketplace.review import Review, Surroundings, read_review, review
from pipeline.marketplace.root import Rotation
from pipeline.marketplace.scribe import Scribe
from pipeline.marketplace.shelf import Shelf
from pipeline.marketplace.soundness import Soundness, examine_folder
from pipeline.marketplace.submission import Submission, submissions_in
from pipeline.plugins.audit import AuditLog

__all__ = ["Published", "Repository", "Waiting"]


@dataclass(frozen=True, slots=True)
class Published:
    """A submission that waits for its review. `digest` is what would be approved, `warnings` are about its name."""

    ref: str
    digest: str
    folder: str
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A submission as the reviewers see it: `reviewed` and `passed` are of this very content.

    `problem` says why it cannot be reviewed, "" as a rule.
    """

    ref: str
    digest: str
    reviewed: bool
    passed: bool
    problem: str = ""


class Repository:
    """The folder of a marketplace. Every change is signed with the keys that it names, and logged.

    `clock` says what time it is; `bench` and `runner` run what is reviewed.
    """

    def __init__(
        self, folder: Path | str, *, clock: Clock = now, bench: Bench | None = None, runner: Runner | None = None
    ) -> None:
        self.folder = Path(folder).resolve()
        self.clock = clock
        self.shelf = Shelf(self.folder / "metadata")
        self.audit = AuditLog(self.folder / "audit.jsonl", clock)
        self._bench = bench or ProcessBench()
        self._runner = runner or CommandRunner()

    @property
    def files(self) -> Path:
        """What clients download."""
        return self.folder / "files"

    @property
    def waiting(self) -> Path:
        """What authors have submitted."""
        return self.folder / "submissions"

    # running one

    def init(self, name: str, keys: Path, *, days: dict[str, int] | None = None) -> Founded:
        """Make a marketplace here, and its keys in the folder `keys`; gives the digest with which trust begins.

        Three root keys, of which two sign, are made as well: carry them away. Raises MarketplaceError TG718, TG721.
        """
        found = founding.found(self.folder, name, keys, self.clock, days or {})
        self._note("init", name=name, root=found.digest)
        return found

    def add_author(self, name: str, key: str | Path, *, keys: Sequence[Path]) -> tuple[str, ...]:
        """Let somebody publish under a name, with a public key; gives warnings. Raises MarketplaceError."""
        with self._changing():
            targets = self.shelf.targets()
            known = self._authors(targets.signed)
            if check_author(name) in known:
                raise MarketplaceError(f"there is an author {name!r} already", code="TG718", hint="Use another name.")
            self._delegate(targets, name, key)
            Scribe(self.shelf, signers_in(*keys), self.clock).seal({"targets": targets})
        self._note("author added", author=name, key=key_of(key).keyid)
        return tuple(f"TG720 the author {name!r} looks like {other!r}" for other in resembling(name, known))

    def rotate_author(self, name: str, key: str | Path, *, keys: Sequence[Path]) -> None:
        """Give an author another key, and take the old one away.

        What they had signed must be signed anew, by `renew_author` with the new key; until then clients do not see it.
        """
        with self._changing():
            targets = self.shelf.targets()
            self._check_author(targets.signed, name)
            self._delegate(targets, name, key)
            Scribe(self.shelf, signers_in(*keys), self.clock).seal({"targets": targets})
        self._note("author's key changed", author=name, key=key_of(key).keyid)

    def remove_author(self, name: str, *, keys: Sequence[Path], reason: str) -> None:
        """Take an author's right to publish away, and revoke all that is theirs. Raises MarketplaceError TG718."""
        with self._changing():
            targets = self.shelf.targets()
            self._check_author(targets.signed, name)
            withdrawal.revoke_author(targets.signed, self._list(name), name, reason, self.clock())
            assert targets.signed.delegations is not None
            assert targets.signed.delegations.roles is not None
            del targets.signed.delegations.roles[name]
            Scribe(self.shelf, signers_in(*keys), self.clock).seal({"targets": targets})
        self._note("author removed", author=name, reason=reason)

    def renew(self, *, keys: Sequence[Path], everything: bool = False) -> tuple[str, ...]:
        """Take in what authors have signed, and sign snapshot and timestamp anew; gives the roles that were signed.

        With `everything` the operator's and reviewers' metadata too. To be run before the timestamp expires.
        """
        with self._changing():
            signers = signers_in(*keys)
            changed: dict[str, Metadata[Targets]] = {}
            if everything:
                changed["targets"] = self.shelf.targets()
                reviews = self.shelf.delegated(REVIEWS)
                if reviews is not None:
                    changed[REVIEWS] = reviews
            taken = self._take_in()
            Scribe(self.shelf, signers, self.clock).seal(changed, taken)
        roles = (*changed, *taken, "snapshot", "timestamp")
        self._note("renewed", roles=list(roles))
        return roles

    def rotate(
        self, role: str, *, add: Sequence[str | Path] = (), remove: Sequence[str] = (), keys: Sequence[Path]
    ) -> Rotation:
        """Change the keys of a role: root, targets, snapshot, timestamp or reviews. No changes date the root anew.

        A new root is published when two of the old root's keys and enough of the new one's have signed; until then it
        waits in `metadata/pending`, and `sign_root` adds signatures, on another machine if need be.
        """
        with self._changing():
            if role == REVIEWS:
                found = root.rotate_reviews(self.shelf, add, remove, signers_in(*keys), self.clock)
            else:
                found = root.rotate(self.shelf, role, (add, remove), signers_in(*keys), self.clock)
        self._note("keys changed" if found.published else "root waits", role=role, root=found.digest)
        return found

    def sign_root(self, *, keys: Sequence[Path]) -> Rotation:
        """Add signatures to a root that waits, and publish it when they are enough. Raises MarketplaceError TG717."""
        with self._changing():
            found = root.sign(self.shelf, signers_in(*keys), self.clock)
        self._note("keys changed" if found.published else "root waits", role="root", root=found.digest)
        return found

    # authors

    def publish(self, plugin: Path, *, author: str, key: Path) -> Published:
        """Submit a version: the plugin, `NAME.md` and `test_NAME.py` beside it, signed by its author.

        Nobody sees it before it is approved. Raises MarketplaceError TG710, TG717, TG718, PluginError.
        """
        with self._changing():
            targets = self.shelf.targets().signed
            self._check_author(targets, author)
            submission = Submission.of(self.waiting, plugin.absolute(), author)
            ref = submission.ref
            approval.check_new(ref, extra_of(targets).get("owners", {}), self._versions(ref))
            mine = AuthorList.open(self.shelf, self.waiting, author, targets)
            mine.add(ref, submission.data)
            mine.sign(signers_in(key), self.shelf.root().signed, self.clock)
            names = {**extra_of(targets).get("owners", {})}
        self._note("submitted", plugin=str(ref), digest=submission.manifest.digest)
        alike = [f"TG720 the id {ref.id!r} looks like {other!r}" for other in resembling(ref.id, names)]
        return Published(str(ref), submission.manifest.digest, str(submission.folder), tuple(alike))

    def renew_author(self, author: str, *, key: Path) -> None:
        """Sign an author's list anew: its date, or with another key. `renew` takes it in."""
        with self._changing():
            mine = AuthorList.open(self.shelf, self.waiting, author, self.shelf.targets().signed)
            mine.sign(signers_in(key), self.shelf.root().signed, self.clock)
        self._note("author's list renewed", author=author)

    def yank(self, ref: str, reason: str, *, key: Path, keys: Sequence[Path] = ()) -> bool:
        """Advise against a version: only who names it installs it. An empty reason takes that back.

        True when it is in effect; without the marketplace's keys it is when `renew` is run next.
        """
        wanted = Ref.read(ref)
        with self._changing():
            mine = AuthorList.open(self.shelf, self.waiting, wanted.author, self.shelf.targets().signed)
            mine.yank(wanted, reason)
            mine.sign(signers_in(key), self.shelf.root().signed, self.clock)
            if keys:
                Scribe(self.shelf, signers_in(*keys), self.clock).seal({}, self._take_in())
        self._note("yanked" if reason else "yank taken back", plugin=ref, reason=reason)
        return bool(keys)

    # reviewers

    def pending(self) -> list[Waiting]:
        """What waits for a review or an approval."""
        found = []
        for ref in submissions_in(self.waiting):
            if ref.version in self._versions(ref):
                continue
            try:
                digest = Submission.read(self.waiting, ref).manifest.digest
            except MarketplaceError as error:  # the others wait all the same
                found.append(Waiting(str(ref), "", False, False, error.faults[0].message))
                continue
            known = read_review(self.waiting / ref.author / ref.stem, digest)
            found.append(Waiting(str(ref), digest, known is not None, known is not None and known.passed))
        return found

    def review(self, ref: str, *, confined: bool = True) -> Review:
        """Run the steps 1 to 5 over a submission and store a report of each.

        One that asks for network or files fails where it is `confined`: review it on a machine without secrets.
        """
        submission = Submission.read(self.waiting, Ref.read(ref))
        targets = self.shelf.targets().signed
        owners = extra_of(targets).get("owners", {})
        around = Surroundings(self._before(submission.ref), sorted(owners), self._authors(targets))
        bench = self._bench if confined else ProcessBench(confined=False)
        found = review(submission, around, bench, self._runner, confined=confined)
        self._note("reviewed", plugin=ref, digest=found.digest, passed=found.passed)
        return found

    def read_review(self, ref: str) -> Review | None:
        """The stored review of a submission as it is now; None when there is none."""
        submission = Submission.read(self.waiting, Ref.read(ref))
        return read_review(submission.folder, submission.manifest.digest)

    def approve(self, ref: str, digest: str, *, keys: Sequence[Path], by: str = "", dependencies: str = "") -> Review:
        """Publish a version whose manifest has this digest, in the name of a person; gives the review, of six steps.

        A list of dependencies that differs from the version before is approved by its own digest. Raises
        MarketplaceError TG719, TG724, TG717.
        """
        with self._changing():
            found = approval.approve(
                self, Ref.read(ref), approval.Word(digest, by or getpass.getuser(), dependencies), signers_in(*keys)
            )
        self._note("approved", plugin=ref, digest=digest, by=by or getpass.getuser(), requires=list(found.requires))
        return found

    def reject(self, ref: str, reason: str, *, by: str = "") -> None:
        """Turn a submission down: its files are removed, the log keeps why."""
        submission = Submission.read(self.waiting, Ref.read(ref))
        for path in sorted(submission.folder.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        submission.folder.rmdir()
        self._note("rejected", plugin=ref, digest=submission.manifest.digest, reason=reason, by=by or getpass.getuser())

    def revoke(self, plugin_id: str, reason: str, *, keys: Sequence[Path], version: str = "") -> tuple[str, ...]:
        """Disable a version, or all of a plugin, wherever it is installed, at the next refresh there; gives which."""
        with self._changing():
            targets = self.shelf.targets()
            owners: dict[str, str] = extra_of(targets.signed).get("owners", {})
            if plugin_id not in owners:
                hint = did_you_mean(plugin_id, owners)
                raise MarketplaceError(f"there is no plugin {plugin_id!r}", code="TG709", hint=hint)
            author = self._list(owners[plugin_id])
            gone = withdrawal.revoke(targets.signed, author, (plugin_id, version), reason, self.clock())
            Scribe(self.shelf, signers_in(*keys), self.clock).seal({"targets": targets})
        self._note("revoked", plugin=plugin_id, versions=list(gone), reason=reason)
        return gone

    def verify(self) -> Soundness:
        """Look at all of it as a client does: signatures, dates, every file, the log. Raises MarketplaceError TG721."""
        return examine_folder(self.folder, self.shelf, self.audit, self.clock)

    def restore(self, plugin_id: str, *, keys: Sequence[Path], version: str = "") -> tuple[str, ...]:
        """Take a revocation back; gives the versions that are enabled again, at the next refresh."""
        with self._changing():
            targets = self.shelf.targets()
            back = withdrawal.restore(targets.signed, (plugin_id, version))
            Scribe(self.shelf, signers_in(*keys), self.clock).seal({"targets": targets})
        self._note("restored", plugin=plugin_id, versions=list(back))
        return back

    # what it is made of

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """One change at a time."""
        if not self.shelf.there:
            hint = "`tradegraph market init DIR` makes one."
            raise MarketplaceError(f"{self.folder} is no marketplace", code="TG721", hint=hint)
        with (self.folder / ".lock").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _note(self, event: str, **about: object) -> None:
        self.audit.append(event, **about)

    def _authors(self, targets: Targets) -> list[str]:
        roles = targets.delegations.roles if targets.delegations and targets.delegations.roles else {}
        return [name for name in roles if name != REVIEWS]

    def _check_author(self, targets: Targets, name: str) -> None:
        if name not in self._authors(targets):
            hint = did_you_mean(name, self._authors(targets), otherwise="`tradegraph market author add` adds one.")
            raise MarketplaceError(f"there is no author {name!r}", code="TG718", hint=hint)

    def _delegate(self, targets: Metadata[Targets], name: str, key: str | Path) -> None:
        assert targets.signed.delegations is not None
        assert targets.signed.delegations.roles is not None
        public = key_of(key)
        others = [role.keyids for other, role in targets.signed.delegations.roles.items() if other != name]
        if any(public.keyid in keyids for keyids in others):
            raise MarketplaceError("this key is that of somebody else already", code="TG717", hint="Make another one.")
        targets.signed.delegations.roles[name] = DelegatedRole(name, [], 1, terminating=True, paths=author_paths(name))
        targets.signed.add_key(public, name)

    def _list(self, author: str) -> Targets | None:
        """What an author has published; what must be signed anew is read as it stands in the snapshot."""
        try:
            found = self.shelf.delegated(author)
        except MarketplaceError:
            return AuthorList.unverified(self.shelf, author)
        return found.signed if found else None

    def _take_in(self) -> dict[str, Metadata[Targets]]:
        return take_in(self.shelf, self.waiting, self._authors(self.shelf.targets().signed))

    def _versions(self, ref: Ref) -> list[str]:
        reviews = self.shelf.delegated(REVIEWS)
        return approval.versions_of(reviews.signed if reviews else None, ref)

    def _before(self, ref: Ref) -> tuple[Manifest, bytes] | None:
        """The newest approved version below this one; the newest of all where this is the lowest."""
        published = self._versions(ref)
        if not published:
            return None
        before = approval.version_before(ref.version, published)
        old = Ref(ref.author, ref.id, before)
        return Manifest.read(self._file(old.path("manifest"))), self._file(old.path("plugin"))

    def _file(self, path: str) -> bytes:
        try:
            return (self.files / path).read_bytes()
        except OSError as error:
            raise MarketplaceError(f"{self.files / path} cannot be read: {error.strerror}", code="TG721") from error
