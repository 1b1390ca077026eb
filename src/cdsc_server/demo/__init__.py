"""The demonstration: a made-up town of Customers with years of data, a server for them, an example app beside it."""
