//! Runs of pipelines as jobs.

use hypernodes_core::{Inputs, MapOver, Outputs, Pipeline, Runs};

use super::{Job, Jobs};

impl Jobs {
    /// Starts a run of a pipeline: [`Pipeline::run`] as a job under the pipeline's name.
    ///
    /// # Example
    /// ```standalone_crate
    /// # extern crate hypernodes_core as hypernodes;
    /// use hypernodes::prelude::*;
    /// use hypernodes_ops::Jobs;
    /// let jobs = Jobs::new(2);
    /// let p = Pipeline::new("p", nodes![{ node_fn!("y", |x: f64| x * 2.0) }])?;
    /// let job = jobs.run(&p, inputs! { x: 4.0 });
    /// let outcome = job.result(None)?;
    /// let outputs = outcome.as_ref().as_ref().expect("nothing can fail");
    /// assert_eq!(*outputs.get::<f64>("y")?, 8.0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn run(&self, pipeline: &Pipeline, inputs: Inputs) -> Job<Outputs> {
        let pipeline = pipeline.clone();
        self.start(pipeline.name().to_owned(), move |control| {
            let pipeline = pipeline.with_cancel(&control.cancel);
            let outputs = pipeline.with_listening(&control.listening()).run(inputs)?;
            Ok(outputs)
        })
    }

    /// Starts a map of a pipeline: [`Pipeline::map`] as a job, with its progress in items. Cancelling the job ends the
    /// map.
    ///
    /// # Example
    /// ```standalone_crate
    /// # extern crate hypernodes_core as hypernodes;
    /// use hypernodes::prelude::*;
    /// use hypernodes_ops::{JobState, Jobs};
    /// let jobs = Jobs::new(2);
    /// let p = Pipeline::new("p", nodes![{ node_fn!("y", |x: f64| x * 2.0) }])?;
    /// let job = jobs.map(&p, inputs! { x: [1.0, 2.0, 3.0] }, ["x"]);
    /// let outcome = job.result(None)?;
    /// let runs = outcome.as_ref().as_ref().expect("nothing can fail");
    /// assert_eq!(runs.slice::<f64>("y")?, [2.0, 4.0, 6.0]);
    /// assert_eq!((job.state(), job.progress().done), (JobState::Done, 3));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn map(&self, pipeline: &Pipeline, inputs: Inputs, over: impl Into<MapOver>) -> Job<Runs> {
        let (pipeline, over) = (pipeline.clone(), over.into());
        self.start(pipeline.name().to_owned(), move |control| {
            let pipeline = pipeline.with_cancel(&control.cancel);
            let runs = pipeline
                .with_listening(&control.listening())
                .map(inputs, over)?;
            Ok(runs)
        })
    }
}
