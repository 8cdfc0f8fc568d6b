# image: registry.example/shop/reports:1
FROM python:3.11
# An everyday application: no user of its own, code in /app, uploads and a cache through the temporary directory.
WORKDIR /app
COPY app.py worker.py ./
EXPOSE 8000
CMD ["gunicorn", "--bind=0.0.0.0:8000", "--workers=2", "app:application"]
