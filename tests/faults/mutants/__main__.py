"""`make faults-mutants`: plants every defect and looks for it; status 1 where one is not found."""

import sys

from tests.faults.mutants.run import main

if __name__ == "__main__":
    sys.exit(main())
