//! Generates the service and its client. Written in Rust here, so that no protoc is needed; of a
//! .proto file, tonic-prost-build makes the same.

use tonic_build::manual::{Builder, Method, Service};

fn main() {
    let get = Method::builder()
        .name("get")
        .route_name("Get")
        .input_type("crate::prices::Wanted")
        .output_type("crate::prices::Price")
        .codec_path("tonic_prost::ProstCodec")
        .build();
    let prices = Service::builder()
        .package("shop")
        .name("Prices")
        .method(get)
        .build();
    Builder::new().compile(&[prices]);
}
