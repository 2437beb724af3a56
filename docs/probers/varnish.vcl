# Varnish in front of three replicas. `ready` decides on traffic, and runs nothing.
vcl 4.1;

import directors;

probe ready {
    .url = "/smoketest/ready";
    .expected_response = 200;
    .interval = 2s;
    .timeout = 1s;
    # Out after two checks, back after one: one of the last two has to pass.
    .window = 2;
    .threshold = 1;
}

backend shop_1 { .host = "shop-1"; .port = "8080"; .probe = ready; }
backend shop_2 { .host = "shop-2"; .port = "8080"; .probe = ready; }
backend shop_3 { .host = "shop-3"; .port = "8080"; .probe = ready; }

sub vcl_init {
    new shop = directors.round_robin();
    shop.add_backend(shop_1);
    shop.add_backend(shop_2);
    shop.add_backend(shop_3);
}

sub vcl_recv {
    # The endpoint runs tests. What a stranger makes of it is nobody's verdict on a replica.
    if (req.url ~ "^/smoketest(/|\?|$)") {
        return (synth(404));
    }
    set req.backend_hint = shop.backend();
}
