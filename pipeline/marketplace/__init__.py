"""The plugin marketplace: plugins shared as static files, reviewed, signed, and installed with open eyes.

A marketplace is a folder that any web server or shared disk can serve. Nouns: a **Repository** is that folder in the
hands of who runs it; a **Submission** is a version that an author wants in it; a **Review** is what six **Steps** found
out about it; an approved version is a **Release**. A **Marketplace** is the same folder seen from a project: it reads
a **Catalogue** through a **Client** that trusts nothing but a root file whose digest the user gave, makes an
**InstallPlan** that says what would happen, and carries it out on the user's word.

Who signs what: an author the digests of their files (one delegated role each, limited to their paths); reviewers what
they approved (`reviews`); the operator who owns which id and what is revoked (`targets`); `snapshot` and `timestamp`
that all of this is of today. Root keys, two of three, say which keys those are.

tuf, securesystemslib, bandit and pycodestyle live here and nowhere else, and come with the extra `market`. The lockfile
that a project keeps, and what it forbids, is read by `pipeline.plugins.lock` without any of them.
"""

from __future__ import annotations

from pipeline.errors import MarketplaceError

try:
    import tuf  # noqa: F401 - to say what is missing in words
except ModuleNotFoundError as error:
    hint = "`pip install 'tradegraph[market]'` brings it."
    raise MarketplaceError(f"the marketplace needs the library {error.name}", code="TG707", hint=hint) from error

from pipeline.marketplace.answer import Checked, Details, Refreshed, Update
from pipeline.marketplace.catalogue import Catalogue, Listing, Release
from pipeline.marketplace.install import Consent, Installed, InstallPlan
from pipeline.marketplace.marketplace import Marketplace
from pipeline.marketplace.place import Ref
from pipeline.marketplace.repository import Repository
from pipeline.marketplace.review import Review
from pipeline.marketplace.step import StepReport

__all__ = [
    "Catalogue",
    "Checked",
    "Consent",
    "Details",
    "InstallPlan",
    "Installed",
    "Listing",
    "Marketplace",
    "Ref",
    "Refreshed",
    "Release",
    "Repository",
    "Review",
    "StepReport",
    "Update",
]
