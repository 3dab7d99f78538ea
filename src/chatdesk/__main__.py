"""`python -m chatdesk` is the same program as `chatdesk`."""

import sys

from chatdesk.main import main

if __name__ == "__main__":
    sys.exit(main())
