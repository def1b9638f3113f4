"""VOTables, compared with astropy and STILTS."""
