"""Users' files: tables, units, CIFs, and text saved so that nothing is lost."""
