"""What a run needs in memory and time, before anything is loaded or trained: `rlvr train --estimate`."""

from rlvr.training.estimate.stages import Estimate, StageEstimate, estimate, seconds_in_all, seconds_of_run
from rlvr.training.estimate.told import duration, lines

__all__ = ["Estimate", "StageEstimate", "duration", "estimate", "lines", "seconds_in_all", "seconds_of_run"]
