"""Users' files: tables, units, CIFs, measured patterns, and text saved so that nothing is lost."""
