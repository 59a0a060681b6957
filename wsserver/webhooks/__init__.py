"""Finals to other programs: spooled on disk, signed, and sent again until they are taken."""
