from .archive import Archive as Archive
from .ingest import IngestReport as IngestReport
from .store.query import Cone as Cone
from .store.query import Query as Query
from .store.query import Rows as Rows
