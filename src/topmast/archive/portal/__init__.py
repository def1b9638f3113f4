"""The portal's services, answered from the store, the footprints and the catalogues."""
