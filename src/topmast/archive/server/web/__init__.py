"""The page that people see: search, facets, sky, previews, basket. It asks the portal's services.

Everything works without JavaScript; with it, answers come without a new page.
"""
