from .plan import (
    Plan as Plan,
)
from .plan import (
    check_progress as check_progress,
)
from .plan import (
    plan_download as plan_download,
)
from .progress import Progress as Progress
from .retry import retry as retry
from .run import download_file as download_file
from .script import download_script as download_script
from .verify import verify as verify
