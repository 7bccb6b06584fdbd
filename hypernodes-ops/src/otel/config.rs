//! Where spans go.

use std::io;
use std::time::Duration;

use opentelemetry_http::HttpError;
use opentelemetry_otlp::ExporterBuildError;

/// The path of traces below the address of a collector.
const TRACES: &str = "/v1/traces";

/// Where spans go, and in whose name.
///
/// # Example
/// ```
/// use hypernodes_ops::OtelConfig;
/// let config = OtelConfig::default();
/// assert_eq!(config.timeout.as_secs(), 5);
/// ```
#[derive(Clone, Debug)]
pub struct OtelConfig {
    /// The address of the collector, such as `http://localhost:4318`. Without it, the variables
    /// `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` and `OTEL_EXPORTER_OTLP_ENDPOINT` tell it, and without them it is that one.
    pub endpoint: Option<String>,
    /// The name of the service; without it, `OTEL_SERVICE_NAME` tells it.
    pub service_name: Option<String>,
    /// Headers that are sent along, beside those of `OTEL_EXPORTER_OTLP_HEADERS`.
    pub headers: Vec<(String, String)>,
    /// How long one request may take.
    pub timeout: Duration,
}

impl Default for OtelConfig {
    fn default() -> Self {
        Self {
            endpoint: None,
            service_name: None,
            headers: vec![],
            timeout: Duration::from_secs(5),
        }
    }
}

impl OtelConfig {
    /// The address of traces.
    pub(super) fn address(
        &self,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<String, OtelError> {
        let set = |name| variable(name).filter(|value| !value.trim().is_empty());
        let below = |base: String| {
            let base = base.trim().trim_end_matches('/');
            if base.ends_with(TRACES) {
                base.to_owned()
            } else {
                format!("{base}{TRACES}")
            }
        };
        let address = match &self.endpoint {
            Some(endpoint) => below(endpoint.clone()),
            // As it is: the standard says so.
            None => set("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
                .or_else(|| set("OTEL_EXPORTER_OTLP_ENDPOINT").map(below))
                .unwrap_or_else(|| below("http://localhost:4318".to_owned())),
        };
        match address.split_once("://") {
            Some((scheme, _)) if scheme.eq_ignore_ascii_case("http") => Ok(address),
            Some((scheme, _)) if scheme.eq_ignore_ascii_case("https") => {
                Err(OtelError::NeedsTls { address })
            }
            _ => Err(OtelError::Address { address }),
        }
    }
}

/// Why spans cannot be sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OtelError {
    /// The address has no scheme that is known here.
    #[error("`{address}` is no address of a collector; it looks like `http://localhost:4318`")]
    Address {
        /// The address.
        address: String,
    },
    /// The address is one of HTTPS.
    #[error(
        "`{address}` needs TLS, which is not built in; send to a collector on this machine that passes on, as \
         `http://localhost:4318`"
    )]
    NeedsTls {
        /// The address.
        address: String,
    },
    /// The exporter refuses the configuration.
    #[error("the OpenTelemetry exporter cannot be made")]
    Exporter(#[source] ExporterBuildError),
    /// There is no thread to send from.
    #[error("no thread for the OpenTelemetry exporter")]
    Thread(#[source] io::Error),
}

pub(super) type SendError = HttpError;
