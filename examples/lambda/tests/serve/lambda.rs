//! Lambda, as a function sees it: an HTTP API that gives it events and takes its answers.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use examples_support::Answer;
use serde_json::{Value, json};

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// A function that is there until this is dropped.
pub(crate) struct Function {
    process: Child,
    events: Sender<Value>,
    answers: Receiver<Value>,
}

impl Function {
    pub(crate) fn start(binary: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let api = listener.local_addr().unwrap().to_string();
        let (events, next) = mpsc::channel();
        let (answer, answers) = mpsc::channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                if serve(stream.unwrap(), &next, &answer).is_none() {
                    break;
                }
            }
        });
        let process = Command::new(binary)
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", api)
            .env("AWS_LAMBDA_FUNCTION_NAME", "shop")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "7")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "2026/01/05/[7]1f3c")
            .spawn()
            .unwrap();
        Self {
            process,
            events,
            answers,
        }
    }

    /// Sends the event that API Gateway makes of a request, and waits for what it would answer.
    pub(crate) fn ask(&self, method: &str, target: &str) -> Answer {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let http = json!({
            "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "curl",
        });
        let event = json!({
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": path,
            "rawQueryString": query,
            "headers": { "accept": "*/*", "host": "shop.example" },
            "requestContext": { "stage": "$default", "requestId": "1", "timeEpoch": 0, "http": http },
            "isBase64Encoded": false,
        });
        self.events.send(event).unwrap();
        let answer = self.answers.recv_timeout(PATIENCE).expect(target);
        assert_ne!(answer["isBase64Encoded"], true, "{answer}");
        let headers = answer["headers"].as_object().unwrap().iter();
        let headers = headers.map(|(name, value)| (name.clone(), text(value)));
        let status = answer["statusCode"].as_u64().unwrap();
        Answer::new(
            status.try_into().unwrap(),
            headers.collect(),
            text(&answer["body"]),
        )
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Answers one request of the function; none where the test is over.
fn serve(mut stream: TcpStream, next: &Receiver<Value>, answers: &Sender<Value>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut lines = (&mut reader).lines().map(Result::unwrap);
    let first = lines.next()?;
    let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let length = head.iter().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.parse::<u64>().unwrap())
    });
    let mut body = Vec::new();
    reader
        .take(length.unwrap_or(0))
        .read_to_end(&mut body)
        .unwrap();

    if first == "GET /2018-06-01/runtime/invocation/next HTTP/1.1" {
        let event = next.recv().ok()?.to_string();
        let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + PATIENCE;
        write!(
            stream,
            "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\
             Lambda-Runtime-Aws-Request-Id: 1\r\nLambda-Runtime-Deadline-Ms: {}\r\n\
             Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:eu-west-1:1:function:shop\r\n\r\n{event}",
            event.len(),
            deadline.as_millis(),
        )
        .unwrap();
    } else {
        assert_eq!(
            first,
            "POST /2018-06-01/runtime/invocation/1/response HTTP/1.1"
        );
        write!(
            stream,
            "HTTP/1.1 202 Accepted\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        )
        .unwrap();
        answers.send(serde_json::from_slice(&body).unwrap()).ok()?;
    }
    Some(())
}
