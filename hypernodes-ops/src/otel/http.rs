//! One blocking request at a time, without TLS, proxies or redirects: a collector is near.

use std::time::Duration;

use opentelemetry_http::{Bytes, HttpClient, Request, Response};
use opentelemetry_otlp::{Protocol, RetryPolicy, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanExporter as _;

use super::config::{OtelConfig, OtelError, SendError};

/// Nothing that a collector has to say is longer.
const MAX_ANSWER: u64 = 256 * 1024;

#[derive(Debug)]
struct Client(ureq::Agent);

impl Client {
    fn new(timeout: Duration) -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(timeout))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .build();
        Self(config.into())
    }
}

#[async_trait::async_trait]
impl HttpClient for Client {
    // Blocks: the thread that asks has nothing else to do.
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, SendError> {
        let (parts, body) = request.into_parts();
        let response = self.0.run(Request::from_parts(parts, &body[..]))?;
        let (parts, mut body) = response.into_parts();
        let body = body.with_config().limit(MAX_ANSWER).read_to_vec()?;
        Ok(Response::from_parts(parts, Bytes::from(body)))
    }
}

/// What sends batches of spans.
pub(super) fn exporter(config: &OtelConfig) -> Result<SpanExporter, OtelError> {
    let address = config.address(|name| std::env::var(name).ok())?;
    let retries = RetryPolicy::recommended().with_max_retries(1);
    let mut exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(Client::new(config.timeout))
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(address)
        .with_timeout(config.timeout)
        .with_headers(config.headers.iter().cloned().collect())
        .with_retry_policy(retries)
        .build()
        .map_err(OtelError::Exporter)?;
    let resource = Resource::builder();
    let resource = match &config.service_name {
        Some(name) => resource.with_service_name(name.clone()),
        None => resource,
    };
    exporter.set_resource(&resource.build());
    Ok(exporter)
}
