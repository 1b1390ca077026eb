"""
The whole path over HTTP, as a Client and a Customer would go it, against any server: `cdsc walkthrough BASE_URL`.

It speaks to the server through its addresses alone and knows nothing of its insides.
"""
