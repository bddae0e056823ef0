package com.cloudbees.groovy.cps

import java.lang.annotation.Retention
import java.lang.annotation.RetentionPolicy

/** Stands for the annotation of workflow-cps. */
@Retention(RetentionPolicy.RUNTIME)
@interface NonCPS {
}
