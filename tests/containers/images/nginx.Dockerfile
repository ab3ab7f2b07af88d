# Stands for nginx:1.28-bookworm. Debian has the stream part as a module that is loaded.
FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends nginx-light libnginx-mod-stream && rm -rf /var/lib/apt/lists/*
RUN printf '#!/bin/sh\nexec /usr/sbin/nginx -c /etc/nginx/nginx.conf -e stderr -g "daemon off; load_module modules/ngx_stream_module.so;"\n' \
    >/usr/local/bin/nginx && chmod 755 /usr/local/bin/nginx
STOPSIGNAL SIGQUIT
CMD ["nginx", "-g", "daemon off;"]
