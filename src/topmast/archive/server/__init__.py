"""The archive as a web application, served by uvicorn or called in this process."""
