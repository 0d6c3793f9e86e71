"""Parts of the page Screening."""
